"""Pages that span apps."""

from django.conf import settings
from django.urls import URLPattern, path
from django.views.i18n import set_language

from bloom.pages import views

urlpatterns: list[URLPattern] = [
    path("", views.landing, name="landing"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("help/", views.help_lines, name="help"),
    path("people/find/", views.people_find, name="people_find"),
    path("theme/", views.theme_choose, name="theme"),
    path("settings/", views.settings_index, name="settings"),
    path("settings/appearance/", views.appearance, name="appearance"),
    path("language/", set_language, name="set_language"),
]
if settings.DEV_PAGES:
    urlpatterns.append(path("styleguide/", views.styleguide, name="styleguide"))
