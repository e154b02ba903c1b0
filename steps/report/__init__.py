"""The document of the report: what stands in it, read from the products of a run."""
