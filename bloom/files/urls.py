"""Stored files, and the form by which they are sent."""

from django.urls import path

from bloom.files import views

urlpatterns = [
    # Before the links, whose words are never this one.
    path("files/upload/", views.upload_take, name="upload_take"),
    path("files/<str:link>/", views.file, name="file"),
    path("files/<str:link>/download/", views.file_fetch, name="file_fetch"),
]
