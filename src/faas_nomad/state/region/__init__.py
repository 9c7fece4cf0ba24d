"""What is known of one region's functions, folded from what its Nomad says."""
