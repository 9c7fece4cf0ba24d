"""Alertmanager's webhook body, as far as scaling reads it; versions 3 and 4 agree on that. Pure.

Source: alertmanager `notify/webhook/webhook.go Message` (v0.28); the keys that are left out differ
between the versions (`groupKey` was a number in 3).
"""

from typing import Annotated

from pydantic import Field

from faas_nomad.model.openfaas import Text, TextMap, WireModel

MAX_ALERTS = 10_000


class Alert(WireModel):
    """One alert: `status` is firing or resolved."""

    status: Text = ""
    labels: TextMap = Field(default_factory=dict)


class AlertNotification(WireModel):
    """The body of POST `/system/alert`."""

    status: Text = ""
    alerts: Annotated[list[Alert], Field(max_length=MAX_ALERTS)]
