from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "bloom.pages"
    label = "pages"
