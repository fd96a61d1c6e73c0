"""A chromium for the browser tests: the machine's own, or one that is installed now. Never none."""

import os
import shutil
import subprocess
from pathlib import Path

from _dev import packages
from _dev.terminal import StepFailed, Stop, quietly, step

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ADVICE = "No chromium was found or could be installed: install one (Debian: sudo apt install chromium)."
ASK_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def works(program: str | Path) -> bool:
    """Say whether this is a browser that runs. Ubuntu's `chromium-browser` may only name a snap."""
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"Chrom" in asked.stdout


def on_path() -> Path | None:
    """The first browser on PATH that runs."""
    for name in NAMES:
        program = shutil.which(name)
        if program and works(program):
            return Path(program)
    return None


def from_playwright() -> Path | None:
    """The browser that Playwright has downloaded, if it runs."""
    try:
        said = quietly([packages.PYTHON, "-c", ASK_PLAYWRIGHT], ADVICE).strip().splitlines()
    except StepFailed:
        return None
    return Path(said[-1]) if said and works(said[-1]) else None


def install() -> Path | None:
    """Install one: Debian's package when root, else Playwright's own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            quietly(["apt-get", "update", "-qq"], ADVICE, env=env)
            quietly(
                ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], ADVICE, env=env
            )
        except StepFailed:
            pass
        else:
            if found := on_path():
                return found
    try:
        quietly([packages.PYTHON, "-m", "playwright", "install", "chromium"], ADVICE)
    except StepFailed:
        return None
    return from_playwright()


def ensure() -> Path:
    """Return a chromium that runs. Raises Stop."""
    if found := on_path() or from_playwright():
        return found
    with step("Installing chromium"):
        if found := install():
            return found
        raise Stop(ADVICE)
