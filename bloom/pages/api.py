"""Where the API describes itself."""

from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """YAML, or JSON where it is asked for: by the Accept header, or by `?format=json`, which is a filter of
    the directory everywhere else.
    """

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        wanted = request.query_params.get("format")
        for renderer in self.get_renderers():
            if renderer.format == wanted:
                return renderer, renderer.media_type
        return super().perform_content_negotiation(request, force)
