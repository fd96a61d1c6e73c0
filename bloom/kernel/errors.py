"""What can go wrong, in the domain's words. `kernel.problems` alone turns these into answers.

An app subclasses a kind and gives it a stable code:

    class SlotTaken(Conflict):
        code = "slot_taken"
        detail = "Someone else has just taken this time."
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """The few ways in which a request is refused; each has one HTTP status (kernel.problems)."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal with a stable `code`, a `detail` in the person's words and public `fields`.

    `fields` reach the caller as they are: never put anything in them that the caller may not see.
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]
    detail: Any = ""

    def __init__(self, detail: Any = None, **fields: Any) -> None:
        if detail is not None:
            self.detail = detail
        self.fields = fields
        super().__init__(self.code)


class Invalid(DomainError):
    """The input cannot be accepted; `errors` says why, field by field."""

    kind = Kind.INVALID
    code = "invalid"
    detail = _("Something in this request is not right.")

    def __init__(
        self, detail: Any = None, *, errors: Mapping[str, Sequence[Any]] | None = None, **fields: Any
    ) -> None:
        self.errors = {name: list(texts) for name, texts in (errors or {}).items()}
        super().__init__(detail, **fields)


class Unauthenticated(DomainError):
    kind = Kind.UNAUTHENTICATED
    code = "unauthenticated"
    detail = _("Please sign in first.")


class _Refusal(DomainError):
    """A refusal that names its object for the record (never for the caller).

    `exists` says that the object is real, so that the attempt is worth recording.
    """

    def __init__(
        self,
        detail: Any = None,
        *,
        object_kind: str | None = None,
        object_id: UUID | None = None,
        exists: bool = False,
        **fields: Any,
    ) -> None:
        self.object_kind = object_kind
        self.object_id = object_id
        self.exists = exists
        super().__init__(detail, **fields)


class NotAllowed(_Refusal):
    kind = Kind.NOT_ALLOWED
    code = "not_allowed"
    detail = _("You may not do this.")


class FreshFactorNeeded(DomainError):
    """The person has to show again that it is they: no refusal for the record, only a step on the way."""

    kind = Kind.NOT_ALLOWED
    code = "fresh_factor_needed"
    detail = _("Please show once more that it is you: this asks for a proof that is at most 10 minutes old.")


class InsufficientScope(NotAllowed):
    code = "insufficient_scope"
    detail = _("This token does not cover what was asked.")


class NotFound(_Refusal):
    kind = Kind.NOT_FOUND
    code = "not_found"
    detail = _("There is nothing here, or it is not yours to see.")


class Conflict(DomainError):
    kind = Kind.CONFLICT
    code = "conflict"
    detail = _("This does not fit with what has happened meanwhile.")


class IdempotencyConflict(Conflict):
    code = "idempotency_conflict"
    detail = _("This key was already used for something else.")


class TooLarge(DomainError):
    kind = Kind.TOO_LARGE
    code = "too_large"
    detail = _("This is larger than can be accepted.")


class Unsupported(DomainError):
    kind = Kind.UNSUPPORTED
    code = "unsupported_media_type"
    detail = _("This kind of content is not understood here. Please send JSON.")


class Blocked(DomainError):
    kind = Kind.BLOCKED
    code = "blocked"
    detail = _("This cannot be sent.")


class RateLimited(DomainError):
    """Too often; `retry_after` is in whole seconds, at least 1."""

    kind = Kind.RATE_LIMITED
    code = "rate_limited"
    detail = _("That was a little too often. Please wait a moment and try again.")

    def __init__(self, detail: Any = None, *, retry_after: int = 1, **fields: Any) -> None:
        self.retry_after = max(1, retry_after)
        super().__init__(detail, retry_after=self.retry_after, **fields)


class Unavailable(DomainError):
    kind = Kind.UNAVAILABLE
    code = "unavailable"
    detail = _("This does not work right now. Please try again in a moment.")
