"""Which Nomad namespaces hold functions. Pure."""


class KnownNamespaces:
    """Those of all regions count: a function of the namespace may be in any."""

    def __init__(self, own: str) -> None:
        self._by_region: dict[str, frozenset[str]] = {}
        self.names: frozenset[str] = frozenset({own})
        """Before anything was learned: the one for functions without a namespace."""

    def learn(self, names: frozenset[str], region: str = "") -> None:
        """Take which namespaces hold functions in a region."""
        self._by_region[region] = names
        self.names = frozenset().union(*self._by_region.values())

    def forget(self, name: str) -> None:
        """A namespace is no more, in no region."""
        self._by_region = {r: names - {name} for r, names in self._by_region.items()}
        self.names -= {name}
