"""Mail to an address, also from a job, where there is no request. All mail of accounts that allauth does not
send itself goes through here.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.adapter import get_adapter

from bloom.kernel.registry import MailPart


def mail_send(
    template: str,
    email: str,
    context: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    parts: Iterable[MailPart] = (),
) -> None:
    """Send `accounts/mail/<template>` to this address: subject, text, Bloom's look, and `parts`."""
    mail = get_adapter().render_mail(
        f"accounts/mail/{template}", email, dict(context), dict(headers) if headers else None
    )
    for part in parts:
        if part.name:
            mail.attach(part.name, part.text, part.kind)
        else:
            mail.attach_alternative(part.text, part.kind)
    mail.send()
