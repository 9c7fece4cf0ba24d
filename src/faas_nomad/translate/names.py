"""OpenFaaS names ↔ Nomad names. Pure.

A function NAME in an OpenFaaS namespace is the job PREFIX+NAME in a Nomad namespace. The default
OpenFaaS namespace stands for one chosen Nomad namespace; every other has the same name in both.
"""

from dataclasses import dataclass

from faas_nomad.translate.regions import ONE_REGION, Regions

CLIENT_DEFAULT_NAMESPACE = "openfaas-fn"
"""What faas-cli and the SDKs append to a name when the user gave no namespace."""


@dataclass(frozen=True)
class Names:
    """How this installation names things; made from settings once."""

    job_prefix: str
    function_namespace: str
    nomad_namespace: str
    regions: Regions = ONE_REGION

    def job_id(self, service: str) -> str:
        """Return the ID, and the name, of the job that runs the function `service`."""
        return self.job_prefix + service

    def service(self, job_id: str) -> str:
        """Return the function that the job `job_id` runs; the job must bear the prefix."""
        return job_id.removeprefix(self.job_prefix)

    def openfaas_namespace(self, nomad_namespace: str) -> str:
        """Return what callers call `nomad_namespace`."""
        if nomad_namespace == self.nomad_namespace:
            return self.function_namespace
        return nomad_namespace

    @property
    def of_the_default_one(self) -> frozenset[str]:
        """Return the names that stand for the default namespace."""
        return frozenset({self.function_namespace, CLIENT_DEFAULT_NAMESPACE})

    def to_nomad_namespace(self, namespace: str) -> str:
        """Return the Nomad namespace for what a caller gave; empty means the default one.

        Whether such a namespace exists, and is for functions, is the caller's to check.
        """
        if not namespace or namespace in self.of_the_default_one:
            return self.nomad_namespace
        return namespace

    def split(self, function: str) -> tuple[str, str]:
        """Return service and Nomad namespace of `NAME` or `NAME.NAMESPACE`, as in metrics."""
        service, _, namespace = function.rpartition(".")
        return service or namespace, self.to_nomad_namespace(namespace if service else "")

    def spellings(self, service: str, nomad_namespace: str) -> tuple[str, ...]:
        """Return every way to write the function in `/function/…`."""
        if nomad_namespace != self.nomad_namespace:
            return (f"{service}.{nomad_namespace}",)
        own = sorted(self.of_the_default_one)
        return (service, *(f"{service}.{namespace}" for namespace in own))
