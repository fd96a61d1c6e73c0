"""Pure decisions about what was uploaded."""

import re
import unicodedata

from bloom.files.checks.kinds import SUFFIXES, Kind
from bloom.files.types import NAME_LENGTH

JPEG, PNG, WEBP = "JPEG", "PNG", "WEBP"


def image_kind(content: bytes) -> str | None:
    """Which kind of image these bytes begin as, whatever their name says; None for all others."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return None


def name_clean(name: str) -> str:
    """What a file is called, without a path, without what cannot be seen or turns letters around, and without
    what some system gives a meaning. Empty when nothing is left.
    """
    last = re.split(r"[\\/]", name)[-1]
    # Control, format (among them the marks that turn the direction of writing), private and unassigned.
    seen = "".join(each for each in last if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    plain = re.sub(r"[<>:\"|?*]", "_", unicodedata.normalize("NFC", seen))
    plain = re.sub(r"\s+", " ", plain).strip(" .")
    if len(plain) <= NAME_LENGTH:
        return plain
    suffix = suffix_of(plain)
    return plain[: NAME_LENGTH - len(suffix)].rstrip(" .") + suffix


def suffix_of(name: str) -> str:
    """The ending of a name, with its dot: letters and digits, at most ten; or nothing."""
    found = re.search(r"\.[A-Za-z0-9]{1,10}\Z", name)
    return found[0] if found else ""


def name_fitting(name: str, kind: Kind) -> str:
    """The name with an ending that says what the file is."""
    fitting = SUFFIXES[kind]
    if suffix_of(name).lower() in fitting:
        return name
    stem = name or "file"
    others = {suffix for each in Kind if each.is_image for suffix in SUFFIXES[each]}
    # A picture that was called by another kind of picture: a common slip.
    if kind.is_image and suffix_of(name).lower() in others:
        stem = name[: -len(suffix_of(name))]
    return stem[: NAME_LENGTH - len(fitting[0])] + fitting[0]
