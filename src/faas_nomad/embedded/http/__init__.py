"""The stand-in's HTTP surface: thin shells that decode, call the state machine and encode."""
