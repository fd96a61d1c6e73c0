"""Mail to therapists about the check of their listing. It names no patient and nothing of health."""

from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import notice_kinds, notices, selectors
from accounts.types import ListingDecision, ListingState

_VERIFIED = _("You are verified, and patients can find you")
_REFUSED = _("Your listing in Bloom needs another look")


def decision_tell(decision: ListingDecision) -> None:
    """Write to a therapist what was decided of their listing, and what they can do."""
    is_verified = decision.state is ListingState.VERIFIED
    title: Any = _VERIFIED if is_verified else _REFUSED
    for email, locale in selectors.notice_addresses([decision.therapist_id], notice_kinds.LISTING).values():
        with translation.override(locale):
            notices.mail_send(
                "listing",
                email,
                {"title": str(title), "is_verified": is_verified, "refusal": decision.refusal},
            )
