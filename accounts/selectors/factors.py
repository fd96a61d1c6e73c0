"""Second factors: what is owed, what is held, and what the secrets are sealed with."""

import base64
import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Count, Max
from django.utils.translation import gettext as _

from accounts import events, rules
from accounts.models import Membership, RecoveryCode
from accounts.roles import PRACTICE_STAFF
from accounts.types import FactorKind, FactorPolicy, FactorView, RecoveryCodesView, SecurityView
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from observability import selectors as observability_selectors

_MAKERS = Path(__file__).resolve().parent.parent / "data" / "aaguids.json"


def factor_policy(person_id: UUID, roles: frozenset[str], *, works: bool | None = None) -> FactorPolicy:
    """What this person owes by settings.MFA_POLICY; `works` says whether they work in a practice, which is
    asked where it is not known and matters. Nothing is forced on the people of a demo.
    """
    if settings.DEMO and rules.person_is_seeded(person_id):
        return FactorPolicy.OPTIONAL
    owed = rules.factor_policy(settings.MFA_POLICY, roles)
    if owed is FactorPolicy.REQUIRED:
        return owed
    if works is None:
        works = works_somewhere(person_id)
    return rules.factor_policy(settings.MFA_POLICY, roles | {PRACTICE_STAFF}) if works else owed


def works_somewhere(person_id: UUID) -> bool:
    """Does this person work in a practice?"""
    return (
        Membership.objects.unscoped(reason="whether somebody sees other people's data")
        .filter(user_id=person_id, ended_at=None)
        .exists()
    )


def factor_is_held(person_id: UUID) -> bool:
    """Has this person a second factor?"""
    return bool(Authenticator.objects.filter(user_id=person_id).exists())


def passkey_is_held(person_id: UUID) -> bool:
    """Has this person a passkey?"""
    return bool(Authenticator.objects.filter(user_id=person_id, type=FactorKind.PASSKEY).exists())


def security_get(actor: Actor) -> SecurityView:
    """How the actor protects their account. Two queries."""
    person_id = actor.require_user()
    factors = [
        _factor_view(row)
        for row in Authenticator.objects.filter(user_id=person_id).order_by("created_at", "id")
    ]
    return SecurityView(
        policy=factor_policy(person_id, actor.roles),
        app=next((factor for factor in factors if factor.kind is FactorKind.APP), None),
        passkeys=tuple(factor for factor in factors if factor.kind is FactorKind.PASSKEY),
        codes_left=RecoveryCode.objects.visible_to(actor).filter(used_at=None).count(),
    )


def recovery_codes_get(actor: Actor) -> RecoveryCodesView | None:
    """The actor's recovery codes, used ones too; None where they have none."""
    found = RecoveryCode.objects.visible_to(actor).aggregate(
        all=Count("id"), used=Count("used_at"), made_at=Max("created_at"), last_used_at=Max("used_at")
    )
    if not found["all"]:
        return None
    return RecoveryCodesView(
        left=found["all"] - found["used"],
        used=found["used"],
        made_at=found["made_at"],
        last_used_at=found["last_used_at"],
    )


def maker_name(aaguid: UUID) -> str:
    """Who made the authenticator with this AAGUID; "" when the table does not know."""
    return _makers().get(str(aaguid), "")


def recovery_code_hash(person_id: UUID, code: str) -> bytes:
    """What is kept of a recovery code."""
    return vault.keyed_hash("accounts.recovery_code", person_id.bytes + rules.code_normal(code).encode())


def secret_seal(person_id: UUID, secret: str) -> str:
    """A secret of this person's, sealed with their own key and bound to them, as text for allauth's JSON."""
    sealed = vault.seal(person_id, secret, _place(person_id))
    return f"{person_id.hex}.{base64.b64encode(sealed).decode()}"


def secret_open(person_id: UUID, sealed: str) -> str:
    """The secret that was sealed for this person. Raises SealBroken for anybody else's, KeyDestroyed."""
    _owner, _dot, blob = sealed.partition(".")
    return vault.open(base64.b64decode(blob), _place(person_id))


def _place(person_id: UUID) -> vault.Place:
    return vault.Place(Authenticator._meta.db_table, "data", person_id)


def _factor_view(row: Any) -> FactorView:
    maker = maker_name(UUID(row.data["aaguid"])) if "aaguid" in row.data else ""
    return FactorView(
        id=row.pk,
        kind=FactorKind(row.type),
        name=row.data.get("name") or maker or _("Passkey"),
        maker=maker,
        is_synced=bool(row.data.get("backed_up")),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        # Passkeys that live in several places say 0 for ever.
        uses=row.data.get("sign_count") or None,
    )


@cache
def _makers() -> dict[str, str]:
    names: dict[str, str] = json.loads(_MAKERS.read_text())["names"]
    return names


def factor_history(actor: Actor) -> dict[int, UUID]:
    """By the record: the factors that are held, and by whom. One query."""
    held: dict[int, UUID] = {}
    names = [events.FactorAdded.name, events.FactorRemoved.name, events.FactorsReset.name]
    for each in observability_selectors.events_named(actor, names):
        if each.name == events.FactorAdded.name:
            held[each.data["factor"]] = each.object_id
        elif each.name == events.FactorRemoved.name:
            held.pop(each.data["factor"], None)
        else:
            held = {factor: person for factor, person in held.items() if person != each.object_id}
    return held


def factors_unexplained(actor: Actor) -> set[tuple[int, UUID, bool]]:
    """What the comparison of factors and record has found before. One query."""
    return {
        (each.data["factor"], each.object_id, each.data["is_there"])
        for each in observability_selectors.events_named(actor, [events.FactorUnexplained.name])
    }
