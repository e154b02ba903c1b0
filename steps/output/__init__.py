"""The work of the stages that people look at: figures, labels, tables."""
