"""What the sender asks of a receiver, in our words."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from bloom.webhooks.types import Fault, Reply


class NotReceived(Exception):
    """It did not arrive, as far as can be known; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)


class NotTried(Exception):
    """Nothing was sent and nobody was asked, for want of room here: it says nothing of the receiver."""


class Post(Protocol):
    """Sends one body of a practice to one address, and gives the status of the answer. Raises NotReceived,
    NotTried.
    """

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str], *, practice_id: UUID) -> Reply: ...
