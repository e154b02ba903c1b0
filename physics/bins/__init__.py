"""The bins of histograms: of one width, or by the resolution of objects."""
