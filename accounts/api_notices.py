"""REST: what one was told."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts import serializers_notices as serializers
from bloom.kernel import clock
from bloom.kernel.api import PAGING, ApiView, body_read


class Notices(ApiView):
    scopes = {"GET": "profile:read"}

    @extend_schema(
        operation_id="notices",
        parameters=PAGING,
        responses=serializers.NoticePage,
    )
    def get(self, request: Request) -> Response:
        """What one was told in the app, newest first."""
        page = selectors.notice_list(self.actor, limit=self.limit, cursor=self.cursor)
        return self.page_answer(page, serializers.notice_wire)


class NoticesRead(ApiView):
    scopes = {"POST": "profile:write"}

    @extend_schema(
        operation_id="notices_read",
        request=serializers.NoticesRead,
        responses=serializers.NoticesCount,
    )
    def post(self, request: Request) -> Response:
        """They are read from now on. Twice is once."""
        given = body_read(serializers.NoticesRead, request)
        count = services.notices_read(self.actor, given.get("notices"), at=clock.now())
        return Response({"read": count})
