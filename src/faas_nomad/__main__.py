"""`python -m faas_nomad`."""

from faas_nomad.cli import main

main()
