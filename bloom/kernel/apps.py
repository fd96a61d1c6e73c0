from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "bloom.kernel"
    label = "kernel"
