"""The jobs of a workflow, whatever the batch system: what is known of them, and what is written for them."""
