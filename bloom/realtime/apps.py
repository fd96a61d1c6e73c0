from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "bloom.realtime"
    label = "realtime"
