"""The service as a process: from its parts to its end."""
