"""A practice with a conversation and a webhook, and the two steps by which it is told."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.sandbox import Answer, Ask
from bloom.webhooks import selectors, services
from bloom.webhooks.integrations.receiver.fake import ReceiverFake
from bloom.webhooks.models import Delivery, Endpoint
from bloom.webhooks.types import DeliveriesRun
from messaging.tests import factories
from observability import services as record

EVERYTHING = (
    "message.sent",
    "message.edited",
    "message.deleted",
    "message.moderated",
    "conversation.opened",
    "conversation.closed",
)


class Receiver(ReceiverFake):
    """One during whose answer something else can happen."""

    meanwhile: Callable[[], object] | None = None

    def answer(self, ask: Ask) -> Answer:
        if self.meanwhile:
            self.meanwhile()
        return super().answer(ask)


@dataclass(slots=True)
class Hook:
    """A talk whose therapist owns the practice, and the endpoint that is told of it."""

    talk: Any
    owner: Any
    id: UUID
    secret: str

    @property
    def practice_id(self) -> UUID:
        practice_id: UUID = self.talk.practice_id
        return practice_id


def owner_of(talk: Any) -> Any:
    """The therapist, acting for their practice, with a fresh factor."""
    return people.actor(talk.therapist, practice_id=talk.practice_id, factor_at=clock.now())


def hook(url: str, *, names: Collection[str] = EVERYTHING, talk: Any = None) -> Hook:
    talk = talk or factories.talk()
    owner = owner_of(talk)
    made = services.endpoint_add(owner, talk.practice_id, url, names, at=clock.now())
    return Hook(talk, owner, made.endpoint.id, made.secret)


def follow() -> int:
    """Seal the record, and read it."""
    record.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    return services.record_follow(people.SYSTEM, at=clock.now())


def send() -> DeliveriesRun:
    return services.deliveries_send(people.SYSTEM, at=clock.now())


def deliveries(hooked: Hook) -> list[Any]:
    return selectors.delivery_list(hooked.owner, hooked.practice_id, hooked.id)


def ready(hooked: Hook) -> None:
    """What waits is due now, and the endpoint is rested."""
    Delivery.objects.unscoped(reason="test").filter(state="waiting").update(due_at=clock.now())
    Endpoint.objects.unscoped(reason="test").update(busy_until=None)
