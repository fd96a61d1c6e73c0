"""manage.py sandbox: the vendors' fakes, for development and the browser tests."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bloom.kernel import registry, sandbox


class Command(BaseCommand):
    help = "Serve fakes of all vendors on loopback, until it is stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001, help="where to listen, on 127.0.0.1 (8001)")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        if settings.BLOOM_ENV == "production":
            raise CommandError("Fakes let anybody be anybody: production has none.")
        server = sandbox.Server({name: make() for name, make in registry.sandbox.items()}, port)
        self.stdout.write(f"{', '.join(sorted(server.fakes))} at {server.url}")
        self.stdout.flush()
        server.serve_forever()
