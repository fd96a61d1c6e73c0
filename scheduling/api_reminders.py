"""REST: when one is reminded."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bloom.kernel import clock, fields
from bloom.kernel.api import ApiView, body_read
from scheduling import selectors, services
from scheduling.types import LEADS


class RemindersSerializer(serializers.Serializer[Any]):
    leads = serializers.ListField(
        child=fields.Whole(min_value=min(LEADS), max_value=max(LEADS)),
        max_length=len(LEADS),
        help_text=f"So many minutes before: {', '.join(map(str, LEADS))}. None of them: no reminders.",
    )


class Reminders(ApiView):
    scopes = {"GET": "scheduling:read", "PUT": "scheduling:write"}

    @extend_schema(operation_id="reminders", responses=RemindersSerializer)
    def get(self, request: Request) -> Response:
        """How long before an appointment one is reminded, wherever that is; for patients, and not by a token
        of one practice.
        """
        return Response({"leads": list(selectors.reminder_leads(self.actor))})

    @extend_schema(
        operation_id="reminders_choose", request=RemindersSerializer, responses=RemindersSerializer
    )
    def put(self, request: Request) -> Response:
        """Be reminded so long before from now on, of what is to come too."""
        given = body_read(RemindersSerializer, request)
        chosen = services.reminders_choose(self.actor, given["leads"], at=clock.now())
        return Response({"leads": list(chosen)})
