"""What OpenFaaS says, in Nomad's words, and back. Pure: no I/O, no clock, no settings lookup."""
