"""What people look at: figures, report, tables, plans."""
