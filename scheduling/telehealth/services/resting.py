"""How an account does: one that does not answer rests, and one that is refused says so on its page."""

from datetime import datetime
from typing import Final

from scheduling.models import MeetingCredential
from scheduling.telehealth.port import VendorRejected, VendorUnavailable
from scheduling.telehealth.rules import tries
from scheduling.telehealth.types import Fault

_ACCOUNT_FAULTS: Final = frozenset({Fault.KEYS, Fault.FORBIDDEN, Fault.HOST})


def credential_note(
    row: MeetingCredential, error: VendorRejected | VendorUnavailable | None, *, at: datetime
) -> None:
    """Note what came of a call, in the caller's transaction, which has locked the row. A refusal about one
    meeting says nothing of the account, and neither does an answer that makes no sense: the vendor did
    answer, and may do so about the next one.
    """
    if error is not None and error.fault is Fault.GARBLED:
        return
    if isinstance(error, VendorUnavailable):
        row.fails = min(row.fails + 1, 1000)
        row.rests_until = at + tries.rest_after(row.fails, error.retry_after)
    elif isinstance(error, VendorRejected) and error.fault in _ACCOUNT_FAULTS:
        row.fault, row.fails, row.rests_until = error.fault.value, 0, None
    else:
        row.fault, row.fails, row.rests_until = "", 0, None
    row.save(update_fields=["fault", "fails", "rests_until"])
