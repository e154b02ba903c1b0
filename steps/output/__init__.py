"""The work of the stages that people look at: figures and the report."""
