"""Files, for whoever has their link, and the form by which they are sent to this server."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from bloom.files import errors, selectors, services
from bloom.kernel import clock
from bloom.kernel.errors import NotFound

# A form has more in it than the file: its fields, its boundaries, a name.
_FORM_OVERHEAD: Final = 64 * 1024
# Made by us from pixels: nothing else is ever shown in a page.
_SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/webp"})


@require_safe
def file(request: HttpRequest, link: str) -> HttpResponse:
    """The picture of a signed link, while that lasts."""
    at = clock.now()
    found = selectors.file_content(selectors.file_of_link(link, at=at))
    if found.content_type not in _SHOWN:
        raise NotFound
    response = HttpResponse(found.content, content_type=found.content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # The browser of whoever looked may keep it for as long as the link lasts, and nobody between.
    left = int((selectors.link_ends(link, at=at) - at).total_seconds())
    response.headers["Cache-Control"] = f"private, max-age={left}, immutable"
    return response


@require_safe
def file_fetch(request: HttpRequest, link: str) -> HttpResponse:
    """The file of a signed link, to be saved and never shown: what it does there is the reader's business."""
    found = selectors.file_content(selectors.file_of_fetch_link(link, at=clock.now()))
    kind = found.content_type
    response = HttpResponse(
        found.content, content_type=f"{kind}; charset=utf-8" if kind == "text/plain" else kind
    )
    response.headers["Content-Disposition"] = (
        content_disposition_header(True, found.name or "file") or "attachment"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "private, no-store"
    # Should a browser show it all the same, it stands alone: no script, no form, no origin.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@csrf_exempt
@require_POST
def upload_take(request: Any) -> HttpResponse:
    """The form of an upload. Its signature is all that counts, so a session neither helps nor hurts."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.FILE_BYTES_MOST + _FORM_OVERHEAD:
        raise errors.FileTooLarge(most=settings.FILE_BYTES_MOST)
    sent = request.FILES.get("file")
    if sent is None:
        raise errors.FormRefused
    content = sent.read(settings.FILE_BYTES_MOST + 1)
    services.upload_receive(request.actor, request.POST.dict(), content, at=clock.now())
    return HttpResponse(status=204)
