"""Events of ROOT files as objects, in GeV and radians."""
