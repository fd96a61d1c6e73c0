"""Bloom for an ASGI server: pages and REST by Django, the socket by bloom.realtime, one hub a process."""

import importlib
import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bloom.settings")


def _application() -> ProtocolTypeRouter:
    pages = get_asgi_application()
    # These need the apps, which the line above has loaded.
    from channels.routing import URLRouter
    from django.conf import settings
    from django.utils.module_loading import autodiscover_modules

    from bloom.kernel.bodies import BodyBounds
    from bloom.realtime.lifespan import lifespan
    from bloom.realtime.urls import websocket_urlpatterns

    # Tasks are sent through Bloom's Celery app, not through Celery's idea of one.
    importlib.import_module("bloom.celery")
    if settings.OPENAI_API_KEY:
        # Loading it takes seconds, which nobody's first message should wait for.
        importlib.import_module("openai.resources.moderations")
    # Each app's `frames.py` registers what its clients may send.
    autodiscover_modules("frames")
    return ProtocolTypeRouter(
        {
            "http": BodyBounds(pages),
            "websocket": URLRouter(websocket_urlpatterns),
            "lifespan": lifespan,
        }
    )


application = _application()
