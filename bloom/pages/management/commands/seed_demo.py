"""manage.py seed_demo: a Bloom with people in it."""

import random
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import selectors as accounts_selectors
from bloom.kernel import clock, registry
from bloom.kernel.actor import Actor, Via


class Command(BaseCommand):
    help = "Fill Bloom with the demo people and what they do; the same for the same seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="which people (1)")
        parser.add_argument("--scale", type=int, default=0, help="how many more patients (0)")
        parser.add_argument("--force", action="store_true", help="add to what is there")
        parser.add_argument(
            "--unfinished",
            type=Path,
            metavar="FILE",
            help="stands while this works; where it does, and all people are of the demo, goes on",
        )

    def handle(
        self,
        *args: Any,
        seed: int,
        scale: int,
        force: bool,
        unfinished: Path | None = None,
        **options: Any,
    ) -> None:
        if settings.BLOOM_ENV == "production":
            raise CommandError("The demo people have a public password: production does not take them.")
        if scale < 0:
            raise CommandError("--scale cannot be negative.")
        actor = Actor.for_system("seed_demo", via=Via.COMMAND)
        # The file may be left from another database: real people never get the demo's beside them by it.
        resumes = (
            unfinished is not None and unfinished.exists() and accounts_selectors.people_are_the_demos(actor)
        )
        if not (force or resumes) and accounts_selectors.people_exist(actor):
            self.stdout.write("There are people here already; --force adds what is missing.")
            return
        if unfinished is not None:
            unfinished.touch()
        context = registry.SeedContext(
            seed=seed,
            scale=scale,
            at=clock.now(),
            random=random.Random(seed),  # noqa: S311 - makes up people, keeps no secret
        )
        for name, plant in registry.seed.items():
            context.say = partial(self._say, name)
            plant(context)
        if unfinished is not None:
            unfinished.unlink()

    def _say(self, name: str, text: str) -> None:
        self.stdout.write(f"{name}: {text}")
