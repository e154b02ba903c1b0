"""The work of the scan for excesses: histograms → a ranked table → figures; and signals to test it with."""
