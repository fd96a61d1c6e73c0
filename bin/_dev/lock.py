"""bin/lock: requirements*.txt from requirements*.in, every package pinned with its hashes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from _dev import packages
from _dev.terminal import ROOT, quietly, step

# In this order, because the later ones take the versions of the earlier ones.
NAMES = ("requirements", "requirements-embedded", "requirements-node", "requirements-dev")


def main(arguments: Sequence[str]) -> int:
    """Make the locks; versions stay unless --upgrade, or --upgrade-package NAME, asks for new ones."""
    about = argparse.ArgumentParser(
        prog="bin/lock", description="Make requirements*.txt anew from requirements*.in."
    )
    about.add_argument("--upgrade", action="store_true", help="take the newest versions of everything")
    about.add_argument(
        "--upgrade-package", action="append", default=[], metavar="NAME", help="take the newest NAME"
    )
    options = about.parse_args(arguments)
    extra = ["--upgrade"] if options.upgrade else []
    for name in options.upgrade_package:
        extra += ["--upgrade-package", name]
    packages.make_environment()
    uv = packages.ensure_uv()
    for name in NAMES:
        compile_lock(uv, ROOT / f"{name}.in", ROOT / f"{name}.txt", extra)
    # uv's own pin, with which everything else is installed.
    compile_lock(uv, packages.UV_LOCK.with_suffix(".in"), packages.UV_LOCK, extra)
    return 0


def compile_lock(uv: Path, source: Path, target: Path, extra: list[str]) -> None:
    """Resolve one file for Python 3.11 and every newer one."""
    with step(f"Locking {target.name}"):
        quietly(
            [
                uv, "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-header",
                "--python-version", "3.11", *extra,
                source.relative_to(ROOT), "-o", target.relative_to(ROOT),
            ],
            f"{source.name} does not resolve.",
        )  # fmt: skip
