"""Pure functions of numbers and arrays: no file, no path, no luigi. GeV and radians everywhere."""
