"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with two differences.

The table holds a keyed hash of the cookie's value, so reading the database gives nobody a session; and each
row names its person and practice, when and where it began, and when they showed that it is they, so that a
session can be asked about, and ended, from outside.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from bloom.kernel import clock, vault

PRACTICE_KEY = "practice_id"
# When a second factor was last shown in this session, as ISO 8601.
FACTOR_KEY = "factor_at"
# When this session began, in seconds since 1970; how, from where and with what.
STARTED_KEY = "signed_in_at"
METHOD_KEY = "signed_in_by"
IP_KEY = "signed_in_from"
DEVICE_KEY = "signed_in_with"


def session_id(session_key: str) -> str:
    """The name under which a cookie's session is stored and spoken of.

    32 hexadecimal digits, so that it is also the UUID of the session in the record.
    """
    return vault.keyed_hash("accounts.session", session_key)[:16].hex()


def shown_at(data: Mapping[str, Any]) -> datetime | None:
    """When the person of this session last showed that it is they: by allauth's notes, for the session may
    have begun long after that: a form was in between, or a mail. Who has just signed up with a password has
    shown nothing before it began.
    """
    shown = [each["at"] for each in data.get(AUTHENTICATION_METHODS_SESSION_KEY, ())]
    newest = max(shown, default=data.get(STARTED_KEY))
    return None if newest is None else datetime.fromtimestamp(newest, UTC)


class SessionStore(DatabaseStore):
    """Holds the cookie's value in memory; every query goes by its hash."""

    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session  # Django imports the engine before the models are ready.

        return Session

    def _get_session_from_db(self) -> Any:
        row = self._rows().first()
        if row is None:
            self._session_key = None
        return row

    async def _aget_session_from_db(self) -> Any:
        row = await self._rows().afirst()
        if row is None:
            self._session_key = None
        return row

    def _rows(self) -> Any:
        return self.model.objects.filter(
            session_key=session_id(self.session_key or ""), expire_date__gt=clock.now()
        )

    def exists(self, session_key: str) -> bool:
        return super().exists(session_id(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await super().aexists(session_id(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        return self._named(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Any:
        return self._named(await super().acreate_model_instance(data), data)

    @staticmethod
    def _named(row: Any, data: dict[str, Any]) -> Any:
        row.session_key = session_id(row.session_key)
        row.user_id = data.get(SESSION_KEY)
        row.practice_id = data.get(PRACTICE_KEY)
        shown = data.get(FACTOR_KEY)
        row.factor_at = datetime.fromisoformat(shown) if shown else None
        row.shown_at = shown_at(data)
        started = data.get(STARTED_KEY)
        row.started_at = datetime.fromtimestamp(started, UTC) if started else None
        row.method = data.get(METHOD_KEY, "")
        row.ip = data.get(IP_KEY)
        row.device = data.get(DEVICE_KEY, "")
        # A session is saved by a request of its own.
        row.seen_at = clock.now()
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(session_id(key))

    async def adelete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            await super().adelete(session_id(key))
