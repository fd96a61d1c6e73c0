"""bin/manage: manage.py in the environment of bin/run, with its services."""

import os
from collections.abc import Sequence

from _dev import environment, packages, stack
from _dev.services import Services
from _dev.state import DEV, read_json
from _dev.terminal import ROOT


def main(arguments: Sequence[str]) -> int:
    """Become manage.py. The services stay up until it ends."""
    packages.ensure(*packages.RUN)
    last = read_json(DEV.folder / "run.json")
    base = environment.configured()
    plan = stack.Plan(
        DEV,
        last.get("port", 8000),
        mode=last.get("mode", "demo"),
        base=base,
        sandbox=last.get("sandbox", 0),
    )
    services = Services(DEV).start() if stack.needs_services(base) else None
    env = stack.bloom_environment(plan, services)
    if services:
        services.hand_over()
    os.chdir(ROOT)
    os.execve(packages.PYTHON, [str(packages.PYTHON), "manage.py", *arguments], env)
