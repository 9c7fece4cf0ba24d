"""`faas-nomad dev`: a Nomad, faas-nomad on it, and a first function, for a look at a desk."""
