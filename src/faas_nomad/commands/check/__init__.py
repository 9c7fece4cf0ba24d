"""`faas-nomad check`: facts are gathered (`gather_…`), then judged by pure functions."""
