"""Google and Zoom, which answer over HTTP, and a browser between them and Bloom."""

import pytest
from django.core.cache import cache

from accounts.integrations.oauth.fake import GoogleFake, ZoomFake
from accounts.tests.provider_browser import Visitor, addresses
from bloom.kernel.sandbox import serving


@pytest.fixture
def visitor(settings):
    cache.clear()
    settings.RATE_FACTOR = 1000
    settings.ACCOUNT_RATE_LIMITS = False
    google, zoom = GoogleFake(), ZoomFake()
    with serving(google, zoom) as url:
        settings.VENDOR_URLS = addresses(url)
        yield Visitor(google, zoom)
