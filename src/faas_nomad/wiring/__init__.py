"""Settings → the parts of the service, one file a concern; `parts.py` puts them together."""
