"""Why an operation on a function was refused. Pure."""


class OperationError(Exception):
    """The request is well-formed and fits not what there is; `str(e)` is one line."""


class NoSuchFunctionError(OperationError):
    """There is no function of that name in the namespace."""

    def __init__(self, service: str) -> None:
        super().__init__(f"no such function: {service}")


class FunctionExistsError(OperationError):
    """There is a function of that name already."""

    def __init__(self, service: str) -> None:
        super().__init__(f"service: {service!r} exists already; use PUT to update it")


class NoSuchNamespaceError(OperationError):
    """There is no such namespace, or it is not for functions."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"namespace: {namespace!r} is not a namespace for functions")


class NotKnownYetError(OperationError):
    """Nomad has not answered since the start, so nothing can be said of functions."""

    def __init__(self, reason: str, region: str = "") -> None:
        where = f" for the region {region}" if region else ""
        super().__init__(f"Nomad has not answered yet{where}: {reason}")


class AlertsFailedError(OperationError):
    """Some of the functions that alerts name could not be scaled."""

    def __init__(self, failed: int, named: int, first: str) -> None:
        super().__init__(f"{failed} of {named} functions could not be scaled: {first}")


class NamespaceNotFoundError(OperationError):
    """As NoSuchNamespaceError, where the namespace itself was asked for."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"no such namespace: {namespace}")


class NamespaceExistsError(OperationError):
    """There is a Nomad namespace of that name, for functions or not."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"name: the namespace {namespace!r} exists already")


class NamespaceInUseError(OperationError):
    """The namespace cannot be deleted with what is in it."""

    def __init__(self, namespace: str, holds: str) -> None:
        super().__init__(f"name: the namespace {namespace!r} holds {holds}; remove them first")


class NamespaceDeniedError(OperationError):
    """Nomad lets only management tokens change namespaces."""

    def __init__(self) -> None:
        super().__init__(
            "Nomad's token may not change namespaces, which takes a management token; "
            "`nomad namespace apply` with the meta openfaas=1 makes one for functions"
        )
