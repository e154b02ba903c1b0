"""Histograms for BumpNet."""
