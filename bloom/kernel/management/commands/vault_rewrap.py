"""`manage.py vault_rewrap`: once a new key stands first in BLOOM_VAULT_KEYS, move every data key under it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bloom.kernel import vault


class Command(BaseCommand):
    help = "Wrap every data key under the first of BLOOM_VAULT_KEYS. Sealed values stay as they are."

    def handle(self, *args: Any, **options: Any) -> None:
        count = vault.keys_rewrap()
        first, last = settings.VAULT_KEYS[0][0], settings.VAULT_KEYS[-1][0]
        self.stdout.write(f"{count} data keys are now wrapped under {first}.")
        if first != last:
            self.stdout.write(
                f"Keys between {first} and {last} may be removed; {last} stays: it derives keyed hashes."
            )
