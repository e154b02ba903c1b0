"""Records: what stages write down and read again, as dataclasses and their documents."""
