"""What the provider knows of functions and endpoints. Pure: fed by events, no I/O."""
