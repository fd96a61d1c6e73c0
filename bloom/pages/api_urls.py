"""The description of the REST API."""

from django.urls import path

from bloom.pages.api import SchemaView

urlpatterns = [path("schema/", SchemaView.as_view(), name="api_schema")]
