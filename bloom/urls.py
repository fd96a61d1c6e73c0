"""Every address of Bloom, by room."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("bloom.pages.urls")),
    path("", include("observability.urls")),
    path("", include("bloom.files.urls")),
    path("", include("accounts.urls")),
    path("", include("bloom.webhooks.urls")),
    path("", include("scheduling.urls")),
    path("", include("messaging.urls")),
    path("api/v1/", include("bloom.pages.api_urls")),
    path("api/v1/", include("bloom.files.api_urls")),
    path("api/v1/", include("accounts.api_urls")),
    path("api/v1/", include("bloom.realtime.urls")),
    path("api/v1/", include("bloom.webhooks.api_urls")),
    path("api/v1/", include("scheduling.api_urls")),
    path("api/v1/", include("messaging.api_urls")),
    path("admin/", admin.site.urls),
]

handler400 = "bloom.kernel.problems.bad_request"
handler403 = "bloom.kernel.problems.permission_denied"
handler404 = "bloom.kernel.problems.page_not_found"
handler500 = "bloom.kernel.problems.server_error"
