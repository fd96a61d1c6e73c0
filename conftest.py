"""What holds for every test: an empty memory, no network, and the record's triggers lifted around a flush."""

import hypothesis
import pytest

# A busy machine is no fault of the code: what must be fast is measured in benchmarks/.
hypothesis.settings.register_profile("suite", deadline=None, derandomize=True)
hypothesis.settings.load_profile("suite")

pytest_plugins = ["bloom.kernel.testing", "observability.testing"]


@pytest.fixture(autouse=True)
def fresh_memory() -> None:
    """What the process remembers of rooms and names is gone with the rows that a test made."""
    from messaging import names, rooms  # a plugin is imported before Django is set up, and these have tables

    rooms._rooms.clear()
    names._names.clear()


@pytest.fixture
def storage(settings, tmp_path):
    """What a test stores lies in a folder of its own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        },
    }
    return tmp_path
