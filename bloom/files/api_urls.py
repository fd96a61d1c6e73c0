"""Addresses below /api/v1/."""

from django.urls import path

from bloom.files import api

urlpatterns = [
    path("uploads/", api.Uploads.as_view(), name="api_uploads"),
    path("uploads/<uuid:upload_id>/", api.OneUpload.as_view(), name="api_upload"),
    path("uploads/<uuid:upload_id>/complete/", api.UploadComplete.as_view(), name="api_upload_complete"),
]
