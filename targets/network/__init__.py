"""Files and answers over a network."""
