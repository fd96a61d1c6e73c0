"""From the bytes of a frame to a typed one, or to the reason why not. Pure and total."""

import re
from dataclasses import dataclass
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from bloom.kernel import errors
from bloom.realtime import registry

DEPTH_LIMIT = 16
REF_LIMIT = 128
_TYPE_LIMIT = 64

# The closing quote is optional, so that an open string is taken to its end once instead of from each quote.
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*"?', re.DOTALL)
_FIELD = re.compile(r"`\$\.(\w+)|required field `(\w+)`")
_NOT_BRACKET = re.compile(r"[^\[\]{}]+")


class _Envelope(msgspec.Struct):
    type: object = None
    ref: object = None


_envelope = msgspec.json.Decoder(_Envelope)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a client asks, in the shape that its type promises."""

    type: registry.FrameType
    ref: str | None
    data: Any


@dataclass(frozen=True, slots=True)
class BadFrame:
    """A frame that nobody can act upon, and what to answer. `ref` is None when it could not be read."""

    ref: str | None
    error: errors.Invalid


BINARY = BadFrame(None, errors.Invalid(_("Frames are text.")))


def frame_parse(text: str) -> Frame | BadFrame:
    """Read one text frame."""
    if _too_deep(text):
        return BadFrame(None, errors.Invalid(_("This frame is nested too deeply.")))
    try:
        envelope = _envelope.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return BadFrame(None, errors.Invalid(_("This frame is not a JSON object.")))
    if envelope.ref is not None and not (isinstance(envelope.ref, str) and len(envelope.ref) <= REF_LIMIT):
        return BadFrame(None, errors.Invalid(errors={"ref": [_("A string of at most 128 characters.")]}))
    ref = envelope.ref
    if not isinstance(envelope.type, str) or len(envelope.type) > _TYPE_LIMIT:
        return BadFrame(ref, errors.Invalid(errors={"type": [_("The name of a frame.")]}))
    frame_type = registry.frame_get(envelope.type)
    if frame_type is None:
        return BadFrame(ref, errors.Invalid(errors={"type": [_("There is no such frame.")]}))
    try:
        data = frame_type.decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return BadFrame(ref, errors.Invalid(errors=_by_field(str(error))))
    return Frame(frame_type, ref, data)


def _by_field(message: str) -> dict[str, list[str]]:
    """msgspec says "Expected `str`, got `int` - at `$.body`", or "... missing required field `body`"."""
    field = _FIELD.search(message)
    return {(field[1] or field[2]) if field else "frame": [message.partition(" - at ")[0]]}


def _too_deep(text: str) -> bool:
    """Whether brackets nest beyond the limit. Most frames hold too few of them to be read for it."""
    if text.count("[") + text.count("{") <= DEPTH_LIMIT:
        return False
    depth = 0
    for bracket in _NOT_BRACKET.sub("", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > DEPTH_LIMIT:
            return True
    return False
