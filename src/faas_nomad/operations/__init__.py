"""What the API and the forever tasks do to functions: decide by `translate`, act on Nomad."""
