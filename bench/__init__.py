"""The benchmark of the data path beside its peers: `python -m bench`; see README.md."""
