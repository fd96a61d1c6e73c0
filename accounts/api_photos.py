"""REST: one's own photo."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.types import ProfileView
from bloom.files import selectors as files_selectors
from bloom.files.types import IMAGE_BYTES_MOST
from bloom.kernel import clock
from bloom.kernel.api import ApiView
from bloom.kernel.errors import Invalid, NotFound


class Photo(serializers.Serializer[Any]):
    link = serializers.URLField(
        help_text="Where the photo can be fetched, without a token, for an hour or two."
    )


class PhotoUpload(serializers.Serializer[Any]):
    photo = serializers.FileField(help_text="JPEG, PNG or WebP, at most 15 MiB; its middle is kept.")


class MyPhoto(ApiView):
    scopes = {"GET": "profile:read", "PUT": "profile:write", "DELETE": "profile:write"}
    refusals = {"GET": (404,)}
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="my_photo", responses=Photo)
    def get(self, request: Request) -> Response:
        """Where one's own photo can be fetched; 404 without one."""
        return Response(_wire(selectors.profile_get(self.actor)))

    @extend_schema(
        operation_id="my_photo_change", request={"multipart/form-data": PhotoUpload}, responses=Photo
    )
    def put(self, request: Request) -> Response:
        """Another photo of oneself, in the part `photo`. It is cut square and keeps no place and no date."""
        given = request.FILES.get("photo")
        if given is None:
            raise Invalid(errors={"photo": [_("Please choose a photo first.")]})
        # One byte more than may be is enough to say that it is too large.
        content = given.read(IMAGE_BYTES_MOST + 1)
        return Response(_wire(services.photo_change(self.actor, content, at=clock.now())))

    @extend_schema(operation_id="my_photo_remove", responses={204: None})
    def delete(self, request: Request) -> Response:
        """No photo; twice is once."""
        services.photo_remove(self.actor, at=clock.now())
        return Response(status=204)


def _wire(profile: ProfileView) -> dict[str, str]:
    if profile.photo_id is None:
        raise NotFound
    return {"link": settings.SITE_URL + files_selectors.file_link(profile.photo_id, at=clock.now())}
