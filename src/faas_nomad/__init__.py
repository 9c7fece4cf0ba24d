"""The OpenFaaS API on HashiCorp Nomad."""

__version__ = "0.1.0"
__commit__ = "unreleased"
"""The source commit; a release build writes it here."""
