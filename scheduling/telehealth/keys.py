"""The keys of a vendor's account: as they are typed in, sealed, and used."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from bloom.kernel import vault
from bloom.kernel.errors import Invalid
from scheduling.integrations.meet.http import Meet
from scheduling.integrations.zoom.http import Zoom
from scheduling.telehealth.port import MeetingProvider
from scheduling.telehealth.types import MeetAccount, MeetKeys, Vendor, ZoomAccount, ZoomKeys

LONGEST_FILE: Final = 10_000
_HINT: Final = 4


@dataclass(frozen=True, slots=True)
class Keys:
    """Everything of one account. Not shown by repr."""

    vendor: Vendor
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Keys({self.vendor.value})"

    @property
    def hint(self) -> str:
        """The end of what tells accounts of a vendor apart."""
        told = (
            self.values["client_id"] if self.vendor is Vendor.ZOOM else self.values["email"].partition("@")[0]
        )
        return told[-_HINT:]

    def is_same_account(self, other: "Keys") -> bool:
        """Whether what was made with these keys can be changed with the other ones. People of one Google
        Workspace keep their spaces, whichever service account acts for them.
        """
        if self.vendor is not other.vendor:
            return False
        return self.vendor is Vendor.MEET or self.values["account_id"] == other.values["account_id"]

    def provider(self, host: str, *, until: float | None = None) -> MeetingProvider:
        """The vendor, asked as this account; `host` unless the account names another. `until`, of the
        monotonic clock, all its calls together have ended; without it each has a deadline of its own.
        """
        held, host = self.values, self.values["host"] or host
        if self.vendor is Vendor.ZOOM:
            return Zoom(
                ZoomKeys(
                    account_id=held["account_id"],
                    client_id=held["client_id"],
                    client_secret=held["client_secret"],
                    host=host,
                ),
                until=until,
            )
        return Meet(
            MeetKeys(email=held["email"], private_key=held["private_key"], host=host, topic=held["topic"]),
            until=until,
        )


def place(credential_id: UUID) -> vault.Place:
    """Where they are sealed for."""
    return vault.Place("scheduling_meetingcredential", "keys", credential_id)


def keys_seal(keys: Keys, credential_id: UUID) -> bytes:
    return vault.seal(vault.SYSTEM_SUBJECT, json.dumps(dict(keys.values)), place(credential_id))


def keys_open(vendor: str, sealed: bytes, credential_id: UUID) -> Keys:
    return Keys(Vendor(vendor), json.loads(vault.open(sealed, place(credential_id))))


def keys_typed(account: ZoomAccount | MeetAccount) -> Keys:
    """The keys of what somebody typed in. Raises Invalid, field by field."""
    if isinstance(account, ZoomAccount):
        values = {name: value.strip() for name, value in asdict(account).items()}
        missing = [name for name in ("account_id", "client_id", "client_secret") if not values[name]]
        if missing:
            raise Invalid(errors={name: [_("Please fill this in.")] for name in missing})
        return Keys(Vendor.ZOOM, values)
    return Keys(Vendor.MEET, _meet(account))


def _meet(account: MeetAccount) -> dict[str, str]:
    try:
        told = json.loads(account.service_account[:LONGEST_FILE])
    except (ValueError, RecursionError):
        told = None
    email = told.get("client_email") if isinstance(told, dict) else None
    key = told.get("private_key") if isinstance(told, dict) else None
    if not isinstance(email, str) or "@" not in email or not isinstance(key, str) or not key:
        said = _(
            "This is not the key file of a service account. Paste the whole file, as Google handed it out."
        )
        raise Invalid(errors={"service_account": [said]})
    topic, push = account.topic.strip(), account.push_email.strip()
    if topic and not (topic.startswith("projects/") and "/topics/" in topic):
        raise Invalid(errors={"topic": [_("A topic looks like projects/your-project/topics/your-topic.")]})
    if bool(topic) != bool(push):
        said = _("Google can tell of meetings only with both, the topic and the address that it pushes as.")
        raise Invalid(errors={"push_email" if topic else "topic": [said]})
    return {
        "email": email,
        "private_key": key,
        "host": account.host.strip(),
        "topic": topic,
        "push_email": push,
    }
