"""The virtual environment: made once, and synced to the locked requirements whenever they change."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from _dev.locks import Lock
from _dev.state import VAR, read_json
from _dev.terminal import ROOT, StepFailed, Stop, quietly, say, step

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
SITE_PACKAGES = VENV / f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
UV = VENV / "uv/bin/uv"
UV_LOCK = Path(__file__).parent / "uv.txt"
STAMP = VENV / "bloom.json"

RUN = ("requirements", "requirements-embedded")
SUITE = (*RUN, "requirements-dev")
NODE = "requirements-node"


def lock_file(name: str) -> Path:
    return ROOT / f"{name}.txt"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def installed() -> dict[str, str]:
    """The requirements that .venv was last synced to: their names and digests."""
    return {str(name): str(value) for name, value in read_json(STAMP).items()}


def wanted(needed: tuple[str, ...]) -> dict[str, str]:
    """What .venv must hold: these and what was asked for earlier, so that no command undoes another's."""
    names = {*needed, *installed()}
    return {name: digest(lock_file(name)) for name in sorted(names) if lock_file(name).exists()}


def ensure(*needed: str) -> None:
    """Make .venv hold these requirements. Does nothing when it already does."""
    if PYTHON.exists() and SITE_PACKAGES.exists() and wanted(needed) == installed():
        return
    with Lock(VAR / "install.lock") as lock:
        if not lock.exclusive(wait=600):
            raise Stop(
                "Another command has been installing packages for ten minutes: wait for it, or stop it."
            )
        make_environment()
        target = wanted(needed)
        if target == installed():
            return
        with step("Installing the Python packages"):
            install([lock_file(name) for name in target])
        STAMP.write_text(json.dumps(target, indent=1) + "\n")


def make_environment() -> None:
    """Make .venv; anew when its Python is gone or is another version than ours."""
    if PYTHON.exists() and SITE_PACKAGES.exists():
        probe = subprocess.run([PYTHON, "-c", ""], stderr=subprocess.DEVNULL, check=False)
        if probe.returncode == 0:
            return
    with step("Making .venv"):
        shutil.rmtree(VENV, ignore_errors=True)
        quietly(
            [sys.executable, "-m", "venv", VENV],
            "Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv",
        )


def install(files: list[Path]) -> None:
    """Sync .venv to the files with uv, which is fast; without it, pip does the same slowly."""
    advice = (
        "The Python packages did not install: check the network (PyPI must be reachable) and run this again."
    )
    try:
        command: list[str | Path] = [
            ensure_uv(),
            "pip",
            "sync",
            "--quiet",
            "--require-hashes",
            "--python",
            PYTHON,
            *files,
        ]
        quietly(command, advice, env={**os.environ, "UV_HTTP_TIMEOUT": "60"})
    except StepFailed:
        say("(by pip, slower) ", end="")
        listed: list[str | Path] = [part for file in files for part in ("-r", file)]
        quietly([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", *listed], advice)


def ensure_uv() -> Path:
    """Install the pinned uv beside the packages, where syncing them leaves it alone."""
    pinned = VENV / "uv/bloom.sha256"
    if not UV.exists() or not pinned.exists() or pinned.read_text() != digest(UV_LOCK):
        shutil.rmtree(UV.parent.parent, ignore_errors=True)
        pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes"]
        quietly([*pip, "--target", UV.parent.parent, "-r", UV_LOCK], "uv did not install.")
        pinned.write_text(digest(UV_LOCK))
    return UV
