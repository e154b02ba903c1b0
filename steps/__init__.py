"""The work of each stage: files in, file out, statistics. No luigi: each step can be called from a notebook."""
