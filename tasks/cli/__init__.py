"""Parameters, configuration, help and messages: what a user types and reads."""
