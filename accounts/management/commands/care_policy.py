"""manage.py care_policy > docs/care-policy.md"""

from typing import Any

from django.core.management.base import BaseCommand

from accounts import rules


class Command(BaseCommand):
    help = "Print what ends with care and what stays, as docs/care-policy.md holds it."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(rules.care_policy_page(), ending="")
