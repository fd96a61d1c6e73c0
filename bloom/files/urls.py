"""Stored files."""

from django.urls import path

from bloom.files import views

urlpatterns = [path("files/<str:link>/", views.file, name="file")]
