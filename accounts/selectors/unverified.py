"""Accounts that are nothing but a sign-up: nobody has shown that their address is theirs."""

from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import ApiToken, Invitation, Membership, Role, Session, User
from accounts.types import MembershipRole, PracticeKind


def unverified_of(email: str) -> UUID | None:
    """Whose this address is by a sign-up alone; None when it is free, or anybody's indeed. For services,
    never for a page.
    """
    return _rows().filter(email=email).values_list("id", flat=True).first()


def unverified_is(person_id: UUID) -> bool:
    """Is this account nothing but a sign-up?"""
    return _rows().filter(id=person_id).exists()


def unverified_due(*, at: datetime) -> list[UUID]:
    """Those who had their days to confirm their address and did not."""
    due = _rows().filter(date_joined__lte=at - settings.SIGN_UP_KEPT)
    return list(due.order_by("date_joined", "id").values_list("id", flat=True)[:1000])


def _rows() -> QuerySet[User]:
    """Never confirmed, never signed in, and nothing that anybody else has given them."""
    mine = {"user_id": OuterRef("id")}
    addresses = EmailAddress.objects.filter(**mine)
    works = Membership.objects.unscoped(reason="whether a sign-up has grown into more").filter(**mine)
    own = {"role": MembershipRole.OWNER, "practice__kind": PracticeKind.SOLO}
    tokens = ApiToken.objects.unscoped(reason="whether a sign-up has grown into more").filter(**mine)
    asked = Invitation.objects.unscoped(reason="whether a sign-up has grown into more")
    return User.objects.filter(
        Exists(addresses.filter(verified=False)),
        ~Exists(addresses.filter(verified=True)),
        ~Exists(Role.objects.filter(**mine).exclude(granted_by=None)),
        ~Exists(works.exclude(**own)),
        ~Exists(tokens),
        ~Exists(asked.filter(invited_by_id=OuterRef("id"))),
        ~Exists(Session.objects.filter(**mine)),
        last_login=None,
        closed_at=None,
        closing_at=None,
    )
