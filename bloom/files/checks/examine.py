"""One look at a file: what it is, and what of it is kept."""

from dataclasses import dataclass

from bloom.files.checks.faults import Fault, Refused
from bloom.files.checks.kinds import Kind, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A file that can be kept. `thumbnail` is a WebP where it is a picture."""

    kind: Kind
    content: bytes
    thumbnail: bytes = b""
    width: int = 0
    height: int = 0


def examine(content: bytes, suffix: str) -> Examined:
    """What these bytes are and what of them is kept. Raises Refused."""
    if not content:
        raise Refused(Fault.EMPTY)
    kind = kind_of(content, suffix)
    if kind.is_image:
        from bloom.files.checks.pictures import kept_kind, picture_make

        kept, thumbnail, (width, height) = picture_make(content, kind)
        return Examined(kind=kept_kind(kind), content=kept, thumbnail=thumbnail, width=width, height=height)
    if kind is Kind.PDF:
        from bloom.files.checks.pdf import pdf_check

        pdf_check(content)
    elif kind is Kind.TEXT:
        from bloom.files.checks.text import text_check

        text_check(content)
    else:
        from bloom.files.checks.office import document_check

        document_check(content, kind)
    return Examined(kind=kind, content=content)
