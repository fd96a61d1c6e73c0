"""Mail about how care begins and ends. It says that there is something to read, never what or with whom."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import notice_kinds, notices, selectors
from accounts.types import AssignmentView, ProposalKind, ProposalState, ProposalView

_ANSWER_WANTED = _("Something in Bloom waits for your answer")
_NEWS = _("There is news for you in Bloom")


def proposal_tell(view: ProposalView, actor_id: UUID | None) -> None:
    """Write to whoever has to know of what `actor_id` has just done with a proposal."""
    patient, therapist, proposer = view.patient.id, view.therapist.id, view.proposed_by.id
    if view.state is ProposalState.WITH_PATIENT:
        _send({patient} - {actor_id}, _ANSWER_WANTED)
        return
    if view.state is ProposalState.WITH_THERAPIST:
        _send({therapist} - {actor_id}, _ANSWER_WANTED)
        if view.kind is not ProposalKind.REQUEST:
            _send({proposer} - {actor_id, patient, therapist}, _NEWS)
        return
    told = {patient, proposer}
    if view.from_therapist is not None:
        told.add(view.from_therapist.id)
    if view.agreed_at is not None:
        told.add(therapist)
    _send(told - {actor_id}, _NEWS)


def care_tell(view: AssignmentView, actor_id: UUID | None) -> None:
    """Write to both people whose care has just ended, but for whoever ended it."""
    _send({view.patient.id, view.therapist.id} - {actor_id}, _NEWS)


def _send(ids: Iterable[Any], title: Any) -> None:
    for email, locale in selectors.notice_addresses(ids, notice_kinds.CARE).values():
        with translation.override(locale):
            notices.mail_send("care", email, {"title": str(title)})
