"""What operators see of notices (`/metrics`): how many mails were given up. Never to whom, or what about."""

from typing import Final

from prometheus_client import Counter

LETTERS_GIVEN_UP: Final = Counter(
    "bloom_letters_given_up_total", "Mails of notices that left at none of their tries.", ["kind"]
)
