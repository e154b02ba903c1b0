"""The scan: is there a narrow excess over a smooth fall? Background fit, windows, toys, significance."""
