"""Where a set of services and processes keeps what it knows: var/dev for bin/run, var/test for bin/test."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _dev.terminal import ROOT

VAR = ROOT / "var"


@dataclass(frozen=True)
class State:
    """A folder with its locks, logs, generated secrets and services. Two states never meet."""

    folder: Path
    # Tests give up on surviving a power cut, and are much faster for it.
    durable: bool = True

    @property
    def env_file(self) -> Path:
        """Generated secrets."""
        return self.folder / "env"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def run_lock(self) -> Path:
        """Held alone by the one bin/run (or bin/test); its note says where Bloom runs."""
        return self.folder / "run.lock"

    @property
    def users_lock(self) -> Path:
        """Held together by everybody who needs the services."""
        return self.folder / "users.lock"

    @property
    def keeper_lock(self) -> Path:
        """Held alone by the keeper of the services; its note says when they are ready."""
        return self.folder / "keeper.lock"

    def log(self, name: str) -> Path:
        """The path of one log file, made for its owner's eyes alone."""
        self.logs.mkdir(parents=True, exist_ok=True)
        path = self.logs / f"{name}.log"
        path.touch(mode=0o600)
        path.chmod(0o600)
        return path

    def clear(self) -> None:
        """Forget everything but the locks, which others may be waiting for."""
        for path in self.folder.glob("*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.suffix != ".lock":
                path.unlink()


DEV = State(VAR / "dev")
TEST = State(VAR / "test", durable=False)


def read_json(path: Path) -> dict[str, Any]:
    """Read a small file of ours; an absent or broken one is empty."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.replace(path)
