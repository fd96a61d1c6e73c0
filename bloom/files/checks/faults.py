"""Why a file cannot be kept."""

from enum import StrEnum


class Fault(StrEnum):
    """One word for each; what people read of it stands in `bloom.files.words`."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    KIND = "kind"
    DAMAGED = "damaged"
    PROTECTED = "protected"
    ACTIVE = "active"
    OUTSIDE = "outside"
    TOO_COMPLEX = "too_complex"
    MOVING = "moving"
    MALWARE = "malware"
    UNCHECKED = "unchecked"


class Refused(Exception):
    """The file is not kept, for this reason."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(fault.value)
