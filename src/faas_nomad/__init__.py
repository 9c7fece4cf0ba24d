"""The OpenFaaS API on HashiCorp Nomad."""

try:
    from faas_nomad._build import commit as __commit__
    from faas_nomad._build import version as __version__
except ImportError:  # a source tree that nothing was built from
    __version__, __commit__ = "0+source", "unknown"

__all__ = ["__commit__", "__version__"]
