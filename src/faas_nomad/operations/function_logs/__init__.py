"""Functions' logs: what replicas wrote, merged, shared by all who read the same function."""
