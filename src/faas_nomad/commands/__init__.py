"""What the commands beside `serve` do: read, ask, and say how it ended."""
