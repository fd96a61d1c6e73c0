"""Second factors: apps that show codes, passkeys, and recovery codes for the day that both are lost.

The rows are allauth's, which knows how to ask for them; what happens to them happens here and is recorded
in the same transaction.
"""

import base64
import secrets
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _

from accounts import errors, events, notice_kinds, rules, selectors
from accounts.models import RecoveryCode, User
from accounts.services.failures import failures_tell
from accounts.services.notices import notice_send
from accounts.services.ways_in import factor_over
from accounts.types import (
    CODES_COUNT,
    FACTOR_NAME_LENGTH,
    CodeUse,
    CodeVerdict,
    FactorKind,
    FactorPolicy,
    PasskeyFacts,
)
from bloom.kernel import vault
from bloom.kernel.actor import Actor
from bloom.kernel.db import transactional
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotFound
from bloom.kernel.events import Event
from observability import services as observability_services


def factor_check(actor: Actor, *, at: datetime) -> None:
    """Before something sensitive: somebody who has a second factor shows it, anybody else in a session shows
    by what they sign in with that it is they; at most 10 minutes before.

    Raises FreshFactorNeeded, for a token always. The system needs none.
    """
    if actor.token_id is not None:
        raise FreshFactorNeeded
    if actor.user_id is None:
        return
    if selectors.factor_is_held(actor.user_id):
        actor.require_fresh_factor(at)
    elif actor.session_id is not None:
        actor.require_shown(at)


def factor_needed_check(actor: Actor, *, at: datetime) -> None:
    """Before what nobody does without a second factor, whatever their role owes: they show one, at most 10
    minutes before. Raises FactorNeeded for who has none, and FreshFactorNeeded. The system needs none.
    """
    if actor.is_system:
        return
    try:
        actor.require_fresh_factor(at)
    except FreshFactorNeeded:
        if not selectors.factor_is_held(actor.require_user()):
            raise errors.FactorNeeded from None
        raise


def app_secret() -> str:
    """A new secret for an authenticator app: 160 random bits in base32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


@transactional
def app_add(actor: Actor, secret: str, code: str, *, at: datetime) -> tuple[str, ...]:
    """An authenticator app that has shown, by one code, that it has the secret.

    The recovery codes that come with a first factor, to be shown this once; else none. Raises Invalid for a
    wrong code, FactorHeld, FactorsOff, FreshFactorNeeded.
    """
    person_id = _adding(actor, at)
    if Authenticator.objects.filter(user_id=person_id, type=FactorKind.APP).exists():
        raise errors.FactorHeld
    verdict, step = rules.totp_judge(secret, code, int(at.timestamp()), 0, ())
    if verdict is not CodeVerdict.RIGHT:
        raise Invalid(errors={"code": [code_words(verdict, _minutes(step, at))]})
    data = {"secret": selectors.secret_seal(person_id, secret), "step": step, "burnt": []}
    return _added(actor, person_id, FactorKind.APP, data, at)


@transactional
def passkey_add(actor: Actor, name: str, facts: PasskeyFacts, *, at: datetime) -> tuple[str, ...]:
    """A passkey whose making the door has verified; named after its maker unless the person says a name.

    Recovery codes as `app_add`. Raises Invalid, PasskeyKnown, FactorsOff, FreshFactorNeeded.
    """
    person_id = _adding(actor, at)
    if Authenticator.objects.filter(
        type=FactorKind.PASSKEY, data__credential_id=facts.credential_id
    ).exists():
        raise errors.PasskeyKnown
    data = {
        "name": _name(name) if name.strip() else selectors.maker_name(facts.aaguid) or _("Passkey"),
        "credential": dict(facts.credential),
        "credential_id": facts.credential_id,
        "aaguid": str(facts.aaguid),
        "sign_count": facts.sign_count,
        "backed_up": facts.is_synced,
        "transports": list(facts.transports),
    }
    return _added(actor, person_id, FactorKind.PASSKEY, data, at)


@transactional
def passkey_rename(actor: Actor, factor_id: int, name: str, *, at: datetime) -> None:
    """Another name for one's own passkey. Raises NotFound, Invalid, FreshFactorNeeded."""
    factor_check(actor, at=at)
    factor = _own(actor, factor_id, FactorKind.PASSKEY)
    factor.data["name"] = _name(name)
    factor.save(update_fields=["data"])
    _record(
        actor, events.FactorRenamed(object_id=factor.user_id, subject_id=factor.user_id, factor=factor.pk), at
    )


@transactional
def factor_remove(actor: Actor, factor_id: int, *, at: datetime) -> FactorKind:
    """Take away one of one's own factors; with the last one the recovery codes go, too.

    Raises NotFound, LastFactor, LastWayIn, FreshFactorNeeded.
    """
    person_id = actor.require_user()
    factor_check(actor, at=at)
    User.objects.select_for_update().get(id=person_id)
    factor = _own(actor, factor_id)
    is_last = not Authenticator.objects.filter(user_id=person_id).exclude(pk=factor.pk).exists()
    if is_last and selectors.factor_policy(person_id, actor.roles) is FactorPolicy.REQUIRED:
        raise errors.LastFactor
    kind = FactorKind(factor.type)
    if kind is FactorKind.PASSKEY and selectors.ways_in_count(person_id) <= 1:
        raise errors.LastWayIn
    event_id = factor_over(actor, factor, at=at)
    code = "app_removed" if kind is FactorKind.APP else "passkey_removed"
    notice_send(actor, notice_kinds.SECURITY, code, [person_id], event_id=event_id, at=at)
    if is_last:
        RecoveryCode.objects.visible_to(actor).delete()
    return kind


@transactional
def recovery_codes_renew(actor: Actor, *, at: datetime) -> tuple[str, ...]:
    """Ten new recovery codes in the place of those that were; this is the only time that they can be read.

    Raises NotFound for somebody without a factor, FreshFactorNeeded.
    """
    person_id = actor.require_user()
    factor_check(actor, at=at)
    User.objects.select_for_update().get(id=person_id)
    if not selectors.factor_is_held(person_id):
        raise NotFound
    codes, event_id = _codes_make(actor, person_id, at)
    notice_send(actor, notice_kinds.SECURITY, "recovery_codes_made", [person_id], event_id=event_id, at=at)
    return codes


@transactional
def code_use(actor: Actor, user_id: UUID, code: str, *, again: bool, at: datetime) -> CodeUse:
    """Take a code that somebody typed, from an app or a recovery code; each is good for once.

    A code that is right at another time only is burnt: who is told that a clock is wrong must not learn
    what will be right later.
    """
    use = _app_code_use(user_id, code, at)
    if use.verdict is CodeVerdict.WRONG:
        use = _recovery_code_use(user_id, code, at) or use
    if use.verdict is CodeVerdict.RIGHT and use.kind is not None:
        event_id = _record(
            actor,
            events.FactorUsed(
                object_id=user_id, subject_id=user_id, kind=use.kind, factor=use.factor_id, again=again
            ),
            at,
        )
        if use.kind is FactorKind.RECOVERY_CODE:
            notice_send(
                actor,
                notice_kinds.SECURITY,
                "recovery_code_used",
                [user_id],
                event_id=event_id,
                params={"count": use.left},
                at=at,
            )
    else:
        _failed(actor, user_id, use.kind, use.verdict, again, at)
    return use


@transactional
def passkey_use(
    actor: Actor, factor_id: int, *, sign_count: int, is_synced: bool, again: bool, at: datetime
) -> bool:
    """Note the use of a passkey whose signature the door has verified; False when its counter went back.

    Then somebody may hold a copy: nothing opens, it is on record, and the person is told.
    """
    factor = Authenticator.objects.select_for_update().get(pk=factor_id, type=FactorKind.PASSKEY)
    person_id, stored = factor.user_id, int(factor.data.get("sign_count", 0))
    # WebAuthn, section 6.1.1: a counter that is not zero only ever grows.
    if (sign_count or stored) and sign_count <= stored:
        event_id = _record(
            actor,
            events.PasskeyCopied(
                object_id=person_id, subject_id=person_id, factor=factor_id, stored=stored, shown=sign_count
            ),
            at,
        )
        notice_send(actor, notice_kinds.SECURITY, "passkey_refused", [person_id], event_id=event_id, at=at)
        return False
    factor.data |= {"sign_count": sign_count, "backed_up": is_synced}
    factor.save(update_fields=["data"])
    _record(
        actor,
        events.FactorUsed(
            object_id=person_id, subject_id=person_id, kind=FactorKind.PASSKEY, factor=factor_id, again=again
        ),
        at,
    )
    return True


@transactional
def passkey_failed(actor: Actor, user_id: UUID | None, *, again: bool, at: datetime) -> None:
    """A passkey was shown that does not hold: of another place or moment, of nobody, without its owner."""
    _failed(actor, user_id, FactorKind.PASSKEY, CodeVerdict.WRONG, again, at)


@transactional
def factor_limited(
    actor: Actor, user_id: UUID | None, kind: FactorKind | None, *, again: bool, at: datetime
) -> None:
    """Somebody went on after too many codes or passkeys, and none of them is judged."""
    who = user_id or events.NOBODY
    _record(actor, events.FactorLimited(object_id=who, subject_id=user_id, kind=kind, again=again), at)


def code_words(verdict: CodeVerdict, minutes: int = 0) -> str:
    """Why a code was not taken, in the person's words."""
    if verdict is CodeVerdict.USED:
        return _("This code was used already. Please wait for the next one.")
    if verdict is CodeVerdict.CLOCK:
        words = (
            _("The clock of your device is about %(count)s minutes ahead.")
            if minutes > 0
            else _("The clock of your device is about %(count)s minutes behind.")
        )
        told = words % {"count": abs(minutes)}
        return f"{told} {_('Let it set its time by itself, then type the next code.')}"
    return _("This is not the right code. Please type the one that is shown now.")


# --- What stands behind them


def _adding(actor: Actor, at: datetime) -> UUID:
    """Who adds a factor: somebody who may, whose row is locked until it is there."""
    person_id = actor.require_user()
    factor_check(actor, at=at)
    User.objects.select_for_update().get(id=person_id)
    if selectors.factor_policy(person_id, actor.roles) is FactorPolicy.OFF:
        raise errors.FactorsOff
    return person_id


def _added(
    actor: Actor, person_id: UUID, kind: FactorKind, data: dict[str, object], at: datetime
) -> tuple[str, ...]:
    factor = Authenticator.objects.create(user_id=person_id, type=kind, data=data, created_at=at)
    event_id = _record(
        actor, events.FactorAdded(object_id=person_id, subject_id=person_id, kind=kind, factor=factor.pk), at
    )
    code = "app_added" if kind is FactorKind.APP else "passkey_added"
    notice_send(actor, notice_kinds.SECURITY, code, [person_id], event_id=event_id, at=at)
    codes = RecoveryCode.objects.visible_to(actor).filter(used_at=None)
    return () if codes.exists() else _codes_make(actor, person_id, at)[0]


def _codes_make(actor: Actor, person_id: UUID, at: datetime) -> tuple[tuple[str, ...], UUID]:
    """The codes, and the id of the event."""
    RecoveryCode.objects.visible_to(actor).delete()
    codes = [
        "".join(secrets.choice(rules.CODE_LETTERS) for _letter in range(rules.CODE_LENGTH))
        for _code in range(CODES_COUNT)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=person_id, hash=selectors.recovery_code_hash(person_id, code), created_at=at)
        for code in codes
    )
    event_id = _record(
        actor,
        events.RecoveryCodesMade(object_id=person_id, subject_id=person_id, count=len(codes)),
        at,
    )
    return tuple(rules.recovery_code_show(code) for code in codes), event_id


def _app_code_use(user_id: UUID, code: str, at: datetime) -> CodeUse:
    app = Authenticator.objects.select_for_update().filter(user_id=user_id, type=FactorKind.APP).first()
    if app is None:
        return CodeUse(verdict=CodeVerdict.WRONG)
    try:
        secret = selectors.secret_open(user_id, app.data["secret"])
    except vault.VaultError:
        # The person's key was destroyed, or the secret was carried here from another row.
        return CodeUse(verdict=CodeVerdict.WRONG)
    burnt = app.data["burnt"]
    verdict, step = rules.totp_judge(secret, code, int(at.timestamp()), app.data["step"], burnt)
    if verdict is CodeVerdict.RIGHT:
        app.data["step"] = step
        app.last_used_at = at
    elif verdict is CodeVerdict.CLOCK:
        app.data["burnt"] = [*(old for old in burnt if old > app.data["step"]), step][-50:]
    app.save(update_fields=["data", "last_used_at"])
    known = None if verdict is CodeVerdict.WRONG else FactorKind.APP
    return CodeUse(verdict=verdict, kind=known, factor_id=app.pk, minutes=_minutes(step, at))


def _recovery_code_use(user_id: UUID, code: str, at: datetime) -> CodeUse | None:
    mine = RecoveryCode.objects.unscoped(reason="the code itself is the proof").filter(user_id=user_id)
    known = mine.filter(hash=selectors.recovery_code_hash(user_id, code))
    if not Authenticator.objects.filter(user_id=user_id).exists():
        return None
    if known.filter(used_at=None).update(used_at=at):
        return CodeUse(
            verdict=CodeVerdict.RIGHT,
            kind=FactorKind.RECOVERY_CODE,
            left=mine.filter(used_at=None).count(),
        )
    if known.exists():
        return CodeUse(verdict=CodeVerdict.USED, kind=FactorKind.RECOVERY_CODE)
    return None


def _minutes(step: int, at: datetime) -> int:
    return round((step * rules.TOTP_STEP_SECONDS - int(at.timestamp())) / 60)


def _own(actor: Actor, factor_id: int, *kinds: FactorKind) -> Authenticator:
    mine = Authenticator.objects.select_for_update().filter(pk=factor_id, user_id=actor.require_user())
    factor = (mine.filter(type__in=kinds) if kinds else mine).first()
    if factor is None:
        raise NotFound
    return factor


def _name(name: str) -> str:
    words = name.strip()
    if rules.name_problem(words) or len(words) > FACTOR_NAME_LENGTH:
        raise Invalid(
            errors={
                "name": [_("A name has 1 to %(count)s ordinary characters.") % {"count": FACTOR_NAME_LENGTH}]
            }
        )
    return words


def _failed(
    actor: Actor,
    user_id: UUID | None,
    kind: FactorKind | None,
    verdict: CodeVerdict,
    again: bool,
    at: datetime,
) -> None:
    who = user_id or events.NOBODY
    failed = events.FactorFailed(object_id=who, subject_id=user_id, kind=kind, verdict=verdict, again=again)
    event_id = _record(actor, failed, at)
    if user_id is not None:
        failures_tell(actor, user_id, event_id, at=at)


def _record(actor: Actor, event: Event, at: datetime) -> UUID:
    return observability_services.event_record(actor, event, at=at)
