"""What a reader asks of a calendar elsewhere, in our words."""

from scheduling.types.outside import OutsideFault


class NotRead(Exception):
    """It could not be read; `fault` says why."""

    def __init__(self, fault: OutsideFault) -> None:
        self.fault = fault
        super().__init__(fault.value)
