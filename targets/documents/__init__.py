"""Documents: JSON that tasks write, YAML that physicists write."""
