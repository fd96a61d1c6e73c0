"""manage.py issue_api_token: a token for a program, printed once and alone."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors, services
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Invalid


class Command(BaseCommand):
    help = "Print a new API token that acts for a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="whose token it is")
        parser.add_argument(
            "--scope", action="append", required=True, help="conversations:write, say; repeatable"
        )
        parser.add_argument("--days", type=int, default=30, help="how long it holds (30)")
        parser.add_argument("--name", default="command line", help="what to call it")

    def handle(self, *args: Any, email: str, scope: list[str], days: int, name: str, **options: Any) -> None:
        actor = Actor.for_system("issue_api_token", via=Via.COMMAND)
        user_id = selectors.person_id_by_email(actor, email)
        if user_id is None:
            raise CommandError("Nobody has this address.")
        try:
            issued = services.token_issue(actor, user_id, name, scope, days, at=clock.now())
        except Invalid as error:
            raise CommandError(" ".join(text for texts in error.errors.values() for text in texts)) from error
        self.stdout.write(issued.raw)
