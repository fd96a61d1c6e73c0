"""The page that led here, by what the browser says of it."""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme


def came_from(request: HttpRequest) -> str:
    """The address of the page of ours that led here, from its path on; nothing where another site's did, or
    the browser does not say. It leads nowhere else, though somebody made its path up.
    """
    page = urlsplit(request.headers.get("Referer", ""))
    if page.netloc != request.get_host():
        return ""
    path = escape_leading_slashes(page.path or "/")
    address = f"{path}?{page.query}" if page.query else path
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else ""
