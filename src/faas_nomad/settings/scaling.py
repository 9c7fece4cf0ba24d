"""The settings of scaling: alerts, the autoscaler, to zero and back. Pure.

Sources: the OpenFaaS gateway's `scale_from_zero` and its Prometheus address.
"""

from dataclasses import dataclass

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.settings.kinds import BOOLEAN, choice, duration, text_kind, whole
from faas_nomad.settings.spec import setting
from faas_nomad.settings.values import WAIT

_DEFAULTS = ProxyLimits()
_PROMETHEUS = text_kind(
    "an address such as http://127.0.0.1:9090", r"|https?://[A-Za-z0-9_.\[\]:-]{1,260}/?"
)


@dataclass(frozen=True, slots=True)
class ScalingSettings:
    """Who changes the number of replicas, and when."""

    autoscaler: str = setting(
        "autoscaler",
        "builtin",
        choice("builtin", "nomad", "off"),
        "What scales functions by load, alerts and idleness: this service, Nomad's Autoscaler and "
        "UI by the bounds in the jobs, or nothing",
    )
    cap: int = setting(
        "scale_cap",
        0,
        whole(0, 50_000),
        "Most replicas that alerts and the autoscaler give, whatever labels say; 0 for no cap",
    )
    alert_pause_s: float = setting(
        "alert_step_pause",
        5.0,
        duration(0, 3600),
        "A firing alert within this time of the last step is taken for a repeat of it",
    )
    interval_s: float = setting(
        "autoscale_interval",
        5.0,
        duration(1, 300),
        "How often the autoscaler looks at functions with the label com.openfaas.scale.type",
    )
    window_s: float = setting(
        "autoscale_window",
        30.0,
        duration(3, 3600),
        "Time over which the autoscaler takes the mean of a load; a third of it for a rise",
    )
    prometheus_addr: str = setting(
        "prometheus_addr",
        "",
        _PROMETHEUS,
        "Prometheus for functions with a com.openfaas.scale.type of their own; none if empty",
    )
    from_zero: bool = setting(
        "scale_from_zero",
        True,
        BOOLEAN,
        "Let invocations wait for a replica, and wake a function that has none; else 503",
    )
    wake_timeout_s: float = setting(
        "wake_timeout",
        _DEFAULTS.wake_time_s,
        WAIT,
        "Longest time that an invocation waits for a replica; 504 after it",
        reloads=True,
    )
    idle_s: float = setting(
        "scale_zero_duration",
        900.0,
        duration(1, 30 * 86400),
        "Idle time until a function with the label com.openfaas.scale.zero sleeps, if its label "
        "com.openfaas.scale.zero-duration does not say",
    )
