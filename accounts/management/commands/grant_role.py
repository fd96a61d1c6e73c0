"""manage.py grant_role: how a new installation gets its first admin."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import selectors, services
from accounts.errors import RoleHeld
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.actor import Actor, Via


class Command(BaseCommand):
    help = "Give a role to somebody who has signed up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("role", choices=[role.value for role in RoleName])

    def handle(self, *args: Any, email: str, role: str, **options: Any) -> None:
        actor = Actor.for_system("grant_role", via=Via.COMMAND)
        user_id = selectors.person_id_by_email(actor, email)
        if user_id is None:
            raise CommandError("Nobody has this address.")
        try:
            services.role_grant(actor, user_id, RoleName(role), at=clock.now())
        except RoleHeld as error:
            raise CommandError(str(error.detail)) from error
        self.stdout.write(f"{email} is now {role}.")
