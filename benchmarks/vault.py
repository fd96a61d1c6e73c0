"""What sealing and opening cost: `python -m benchmarks.vault`. Needs no services.

Two bounds of the same run: AES-256-GCM alone with the nonce already drawn (what no vault can beat), and one
SHA-256 of the same text (how fast this machine is at all). Keys are at hand, as they are on the hot path.
"""

import hashlib
import os
import uuid

import django
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.management import call_command

from benchmarks import report

TEXTS = {
    "80 characters": "I slept a little better this week, and we talked about it at home. Thank you so!",
    "4,000 characters": "word " * 800,
}
BARE = "AES-256-GCM alone"


def main() -> None:
    os.environ.update(BLOOM_ENV="test", DATABASE_URL="sqlite://:memory:", REDIS_URL="redis://127.0.0.1:1/0")
    os.environ["DJANGO_SETTINGS_MODULE"] = "bloom.settings"
    django.setup()
    call_command("migrate", "kernel", verbosity=0)
    for size, text in TEXTS.items():
        measure(size, text)


def measure(size: str, text: str) -> None:
    from bloom.kernel import vault  # has tables, so Django stands first

    patient, plain = uuid.uuid4(), text.encode()
    place = vault.Place("messaging_message", "body", uuid.uuid4())
    cipher, nonce, bound_data = AESGCM(AESGCM.generate_key(256)), os.urandom(12), b"x" * 54
    sealed, bare = vault.seal(patient, text, place), cipher.encrypt(nonce, plain, bound_data)

    def sha256() -> bytes:
        return hashlib.sha256(plain).digest()

    rows = report.compare(
        {
            "seal": lambda: vault.seal(patient, text, place),
            BARE: lambda: cipher.encrypt(nonce, plain, bound_data),
            "one SHA-256": sha256,
        },
        bound=BARE,
    )
    report.show(f"vault seal, {size}", rows)
    rows = report.compare(
        {
            "open": lambda: vault.open(sealed, place),
            BARE: lambda: cipher.decrypt(nonce, bare, bound_data),
            "one SHA-256": sha256,
        },
        bound=BARE,
    )
    report.show(f"vault open, {size}", rows)


if __name__ == "__main__":
    main()
