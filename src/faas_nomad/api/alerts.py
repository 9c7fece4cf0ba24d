"""`/system/alert`: Alertmanager's webhook."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from faas_nomad.api.bodies import json_body
from faas_nomad.api.services import ServicesDep
from faas_nomad.model.alerts import AlertNotification
from faas_nomad.operations.errors import NotKnownYetError

router = APIRouter()
AlertBody = Annotated[AlertNotification, Depends(json_body(AlertNotification))]


@router.post("/system/alert", status_code=200, response_class=Response)
async def take_alerts(notification: AlertBody, services: ServicesDep) -> None:
    """Scale the functions that the alerts name; a 5xx lets Alertmanager send them again."""
    if not services.functions.picture.is_known:
        raise NotKnownYetError(services.backends.add("nomad").last_error)
    await services.alerts.take(notification)
