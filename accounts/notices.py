"""Mail to an address, also from a job, where there is no request. All mail of accounts that allauth does not
send itself goes through here.
"""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter

from bloom.kernel.registry import MailPart


def mail_send(
    template: str,
    email: str,
    context: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    part: MailPart | None = None,
) -> None:
    """Send `accounts/mail/<template>` to this address: subject, text, Bloom's look, and `part`."""
    mail = get_adapter().render_mail(
        f"accounts/mail/{template}", email, dict(context), dict(headers) if headers else None
    )
    if part is not None:
        mail.attach_alternative(part.text, part.kind)
    mail.send()
