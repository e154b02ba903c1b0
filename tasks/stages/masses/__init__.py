"""From selected objects to the falling part of mass distributions."""
