"""Mail to an address, also from a job, where there is no request."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter


def mail_send(template: str, email: str, context: Mapping[str, Any]) -> None:
    """Send `accounts/mail/<template>` to this address."""
    get_adapter().render_mail(f"accounts/mail/{template}", email, dict(context)).send()
