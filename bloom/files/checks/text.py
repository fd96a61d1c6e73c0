"""Plain text: letters, and nothing that some program would take for more than that."""

import re
from typing import Final

from bloom.files.checks.faults import Fault, Refused

# Control characters other than line ends, tabs and page breaks.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_MARKUP: Final = re.compile(r"\s*<(?:[!?/]|[a-zA-Z])")
_SCRIPT: Final = re.compile(r"#!|%!PS|\{\\rtf")


def text_check(content: bytes) -> None:
    """Raises Refused unless this is UTF-8 text that is neither markup nor a script."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(Fault.KIND) from None
    if _CONTROL.search(text) or _MARKUP.match(text) or _SCRIPT.match(text):
        raise Refused(Fault.KIND)
