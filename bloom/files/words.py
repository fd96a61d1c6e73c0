"""Why a file cannot be kept, in the words of whoever sent it."""

from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from bloom.files.checks.faults import Fault

_WORDS: Final[dict[Fault, Any]] = {
    Fault.EMPTY: _("This file is empty."),
    Fault.TOO_LARGE: _("This file is larger than can be sent."),
    Fault.KIND: _(
        "This kind of file cannot be sent. Pictures (JPEG, PNG, WebP, HEIC), PDFs, Word, Excel and"
        " OpenDocument text documents and plain text (.txt) can."
    ),
    Fault.DAMAGED: _("This file could not be read. It may be damaged; please try another copy."),
    Fault.PROTECTED: _(
        "This file is protected by a password, so it cannot be checked. Please send it without."
    ),
    Fault.ACTIVE: _(
        "This file holds scripts, macros or other files, which cannot be sent. Printing it to a PDF helps."
    ),
    Fault.OUTSIDE: _("This document loads something from elsewhere when it is opened, so it cannot be sent."),
    Fault.TOO_COMPLEX: _("This file is too large once it is unpacked. Please send a smaller or simpler one."),
    Fault.MOVING: _("Moving pictures cannot be sent. Please choose a still one."),
    Fault.MALWARE: _("This file looks harmful, and was deleted. Please check your device."),
    Fault.UNCHECKED: _("This file could not be checked just now. Please try again later."),
}


def fault_words(fault: str) -> str:
    """What is said of this fault; nothing for none."""
    return str(_WORDS[Fault(fault)]) if fault else ""
