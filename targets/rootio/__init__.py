"""ROOT files: trees, baskets, pages, from bytes to arrays."""
