"""The commands' own tests. `_dev` stands below bin/, which only the commands themselves put on the path."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

BIN = Path(__file__).resolve().parents[2]
if str(BIN) not in sys.path:
    sys.path.insert(0, str(BIN))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can enter, which pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="bloom-test-", dir="/var/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
