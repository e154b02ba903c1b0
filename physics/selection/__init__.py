"""Which objects count: cuts, overlap removal, b-tagging, and the cutflow."""
