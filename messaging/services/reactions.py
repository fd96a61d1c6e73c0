"""Reactions: an emoji of one person under a message, each at most once."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext

from bloom.kernel import limits
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from messaging import rules, selectors
from messaging.emoji import emoji_clean
from messaging.errors import MessageDeleted, TooManyReactions
from messaging.events import MESSAGE
from messaging.models import Reaction
from messaging.services.changes import change_tell, place_hold
from messaging.types import MessageView


def reaction_toggle(actor: Actor, message_id: UUID, emoji: str, on: bool, *, at: datetime) -> MessageView:
    """Have the actor's reaction under the message, or not; the same wish again changes nothing.

    Raises Invalid for what is no emoji of the list, RateLimited, NotFound, MessageDeleted, TooManyReactions
    and ConversationReadOnly.
    """
    chosen = emoji_clean(emoji)
    if chosen is None:
        raise Invalid(errors={"emoji": [gettext("Choose one emoji.")]})
    limits.limit_check(f"reaction:{actor.require_user()}", settings.REACTIONS_PER_MINUTE, 60)
    _toggle_write(actor, message_id, chosen, on, at=at)
    return selectors.message_get(actor, message_id)


@transactional
def _toggle_write(actor: Actor, message_id: UUID, emoji: str, on: bool, *, at: datetime) -> None:
    place = place_hold(actor, message_id)
    if place.message.deleted_at is not None:
        raise MessageDeleted(object_kind=MESSAGE, object_id=message_id, exists=True)
    own = Reaction.objects.visible_to(actor).filter(message_id=message_id, user_id=actor.require_user())
    standing = own.filter(emoji=emoji).first()
    if on == (standing is not None):
        return
    if standing is not None:
        standing.delete()
    elif own.count() >= rules.REACTIONS_LIMIT:
        raise TooManyReactions(object_kind=MESSAGE, object_id=message_id, exists=True)
    else:
        Reaction(
            practice_id=place.message.practice_id,
            conversation_id=place.conversation.id,
            message_id=message_id,
            user_id=actor.require_user(),
            emoji=emoji,
            at=at,
        ).save(force_insert=True)
    place.message.reaction_change = place.change_next()
    place.message.save(update_fields=["change", "reaction_change"])
    change_tell(place)
