from django.apps import AppConfig


class FilesConfig(AppConfig):
    """Private stored files. Decides no access: the owning app checks, then asks for the link."""

    name = "bloom.files"
    label = "files"
