"""REST: a practice's webhooks, for its owners."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as accounts_selectors
from accounts import services as accounts
from accounts.types import PracticeMay
from bloom.kernel import clock
from bloom.kernel.api import ApiView, body_read
from bloom.webhooks import selectors, serializers, services
from bloom.webhooks.types import EndpointSecret


class _OfPractice(ApiView):
    """What is a practice's, for who manages its webhooks in it."""

    def may_check(self, practice_id: UUID) -> None:
        """Raises NotFound and NotAllowed."""
        accounts_selectors.practice_get(self.actor, practice_id)
        accounts_selectors.practice_see_check(self.actor, practice_id)
        accounts.practice_check(self.actor, practice_id, PracticeMay.MANAGE_WEBHOOKS)


def _made(made: EndpointSecret, code: int) -> Response:
    return Response({**serializers.endpoint_wire(made.endpoint), "secret": made.secret}, status=code)


class Webhooks(_OfPractice):
    refusals = {"POST": (409,)}
    scopes = {"GET": "practices:read", "POST": "practices:write"}
    # Its answer holds a secret: it is not kept for a day.
    idempotent = False

    @extend_schema(operation_id="practice_webhooks", responses=serializers.WebhooksSerializer)
    def get(self, request: Request, practice_id: UUID) -> Response:
        """Where the practice is told of what happens, oldest first: ten at most."""
        self.may_check(practice_id)
        found = selectors.endpoint_list(self.actor, practice_id)
        return Response({"results": [serializers.endpoint_wire(each) for each in found]})

    @extend_schema(
        operation_id="practice_webhook_add",
        request=serializers.WebhookAddSerializer,
        responses={201: serializers.WebhookSecretSerializer},
    )
    def post(self, request: Request, practice_id: UUID) -> Response:
        """One more, told from now on. Its secret stands in this answer alone. Asks for a fresh second factor,
        which no token shows for a person who has one.
        """
        given = body_read(serializers.WebhookAddSerializer, request)
        self.may_check(practice_id)
        made = services.endpoint_add(self.actor, practice_id, given["url"], given["events"], at=clock.now())
        return _made(made, status.HTTP_201_CREATED)


class Webhook(_OfPractice):
    scopes = {"GET": "practices:read", "PATCH": "practices:write", "DELETE": "practices:write"}

    @extend_schema(operation_id="practice_webhook", responses=serializers.WebhookSerializer)
    def get(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """One of them."""
        self.may_check(practice_id)
        found = selectors.endpoint_get(self.actor, practice_id, endpoint_id)
        return Response(serializers.endpoint_wire(found))

    @extend_schema(
        operation_id="practice_webhook_change",
        request=serializers.WebhookChangeSerializer,
        responses=serializers.WebhookSerializer,
    )
    def patch(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """Another address, other events, on or off. Asks for a fresh second factor, as making one does."""
        given: dict[str, Any] = body_read(serializers.WebhookChangeSerializer, request)
        self.may_check(practice_id)
        changed = services.endpoint_change(
            self.actor,
            practice_id,
            endpoint_id,
            url=given.get("url"),
            names=given.get("events"),
            is_on=given.get("on"),
            at=clock.now(),
        )
        return Response(serializers.endpoint_wire(changed))

    @extend_schema(operation_id="practice_webhook_remove", responses={204: None})
    def delete(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """Tell it nothing any more, and forget what it was told."""
        self.may_check(practice_id)
        services.endpoint_remove(self.actor, practice_id, endpoint_id, at=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecret(_OfPractice):
    scopes = {"POST": "practices:write"}
    idempotent = False

    @extend_schema(
        operation_id="practice_webhook_secret_renew",
        request=None,
        responses=serializers.WebhookSecretSerializer,
    )
    def post(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """Another secret, in this answer alone; the one before holds for a day. Asks for a fresh second
        factor, as making one does.
        """
        self.may_check(practice_id)
        made = services.secret_renew(self.actor, practice_id, endpoint_id, at=clock.now())
        return _made(made, status.HTTP_200_OK)


class WebhookTest(_OfPractice):
    scopes = {"POST": "practices:write"}

    @extend_schema(operation_id="practice_webhook_test", request=None, responses={202: None})
    def post(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """Send it something that means nothing. What came of it stands among its deliveries in a moment."""
        self.may_check(practice_id)
        services.endpoint_test(self.actor, practice_id, endpoint_id, at=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class WebhookDeliveries(_OfPractice):
    scopes = {"GET": "practices:read"}

    @extend_schema(
        operation_id="practice_webhook_deliveries", responses=serializers.WebhookDeliveriesSerializer
    )
    def get(self, request: Request, practice_id: UUID, endpoint_id: UUID) -> Response:
        """The last fifty things that it was told, newest first."""
        self.may_check(practice_id)
        found = selectors.delivery_list(self.actor, practice_id, endpoint_id)
        return Response({"results": [serializers.delivery_wire(each) for each in found]})


class WebhookAgain(_OfPractice):
    scopes = {"POST": "practices:write"}

    @extend_schema(operation_id="practice_webhook_again", request=None, responses={202: None})
    def post(self, request: Request, practice_id: UUID, endpoint_id: UUID, told_id: UUID) -> Response:
        """Send one of them again, under its own id."""
        self.may_check(practice_id)
        services.delivery_again(self.actor, practice_id, endpoint_id, told_id, at=clock.now())
        return Response(status=status.HTTP_202_ACCEPTED)
