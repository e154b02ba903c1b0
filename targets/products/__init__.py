"""What the stages write, and read again."""
