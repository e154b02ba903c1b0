"""RNTuples: fields, columns, pages, and the encodings of their numbers."""
