"""What people want to be told of."""

from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts import errors, events, selectors
from accounts.models import NoticeChoice, User
from accounts.types import NoticeView
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import Invalid
from observability import services as observability_services


@transactional
def notices_choose(
    actor: Actor, choices: Mapping[tuple[str, str], bool], *, at: datetime
) -> tuple[NoticeView, ...]:
    """Say yes or no to kinds of notices, each by one way: (kind, channel). What is not named stays. Returns
    all as they are then.

    Raises Invalid for what is no notice of the actor's, NoticeLocked for a no to one that always comes.
    """
    # Two answers of one person, from two browsers, are taken one after the other.
    person = User.objects.select_for_update().get(id=actor.require_user())
    known = {(view.kind, str(view.channel)): view for view in selectors.notice_list(actor)}
    for pair, is_wanted in choices.items():
        view = known.get(pair)
        if view is None:
            raise Invalid(errors={".".join(pair): [_("Bloom sends no such notice.")]})
        if view.locked and not is_wanted:
            raise errors.NoticeLocked
        if view.is_wanted == is_wanted:
            continue
        NoticeChoice.objects.visible_to(actor).update_or_create(
            user_id=person.id,
            kind=view.kind,
            channel=view.channel,
            defaults={"is_wanted": is_wanted, "changed_at": at},
        )
        observability_services.event_record(
            actor,
            events.NoticeChosen(
                object_id=person.id,
                subject_id=person.id,
                kind=view.kind,
                channel=view.channel,
                is_wanted=is_wanted,
            ),
            at=at,
        )
    return selectors.notice_list(actor)
