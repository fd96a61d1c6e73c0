"""A conversation with a long past, to look at how the page and the server bear it. For demo machines only."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bloom.kernel import clock
from messaging.history_seed import history_fill


class Command(BaseCommand):
    help = "Give an empty conversation so many short messages, the newest now. Demo machines only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("conversation", type=UUID)
        parser.add_argument("messages", type=int)

    def handle(self, *_args: Any, **options: Any) -> None:
        if not settings.DEV_PAGES:
            raise CommandError("Not here: this makes messages up.")
        history_fill(options["conversation"], options["messages"], at=clock.now())
        self.stdout.write(f"{options['messages']} messages")
