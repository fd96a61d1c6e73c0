"""Argon2id as Bloom uses it (settings.PASSWORD_HASHERS)."""

import threading

from django.contrib.auth.hashers import Argon2PasswordHasher

# Each one under way holds its memory: so many at once in a process, and the others wait their turn.
AT_ONCE = 2
_turn = threading.BoundedSemaphore(AT_ONCE)


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id at 46 MiB, two passes, one lane: about 110 ms of one core of 2026, more than OWASP asks for.

    Django's own choice (100 MiB, eight lanes) lets a handful of sign-ins at once fill a small server.
    """

    time_cost = 2
    memory_cost = 46 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with _turn:
            encoded: str = super().encode(password, salt)
        return encoded

    def verify(self, password: str, encoded: str) -> bool:
        with _turn:
            right: bool = super().verify(password, encoded)
        return right
