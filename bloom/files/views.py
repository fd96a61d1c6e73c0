"""Files, for whoever has their link."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from bloom.files import selectors
from bloom.files.types import LINK_STEP
from bloom.kernel import clock


@require_safe
def file(request: HttpRequest, link: str) -> HttpResponse:
    """The file of a signed link, while that lasts."""
    found = selectors.file_content(selectors.file_of_link(link, at=clock.now()))
    response = HttpResponse(found.content, content_type=found.content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # The browser of whoever looked may keep it for as long as the link lasts, and nobody between.
    response.headers["Cache-Control"] = f"private, max-age={int(LINK_STEP.total_seconds())}, immutable"
    return response
