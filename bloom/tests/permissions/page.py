"""docs/permissions.md, written from the tables that the code and the tests go by.

from bloom.tests.permissions import page; page.permissions_write()  # in bin/manage shell
"""

import re
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from accounts import practice_roles, roles
from accounts.types import MembershipRole, RoleName
from bloom.tests.permissions import table
from bloom.tests.permissions.rows import ROLES, FrameRow, Row

_ROLE_WORDS = {
    RoleName.PATIENT: (
        "Signs up for it",
        "their own care, their therapists, those of the directory, their own conversations",
    ),
    RoleName.THERAPIST: (
        "Signs up for it; patients find them once their licence was checked",
        "their own patients and conversations, their colleagues, what their role in the practice lets them",
    ),
    RoleName.SUPPORT: (
        "An admin gives it, with a fresh second factor",
        "people, practices and who cares for whom; no conversation, no reason for care, no tax number",
    ),
    RoleName.ADMIN: (
        "An admin gives it, with a fresh second factor; nobody gives a role to themselves",
        "what support sees, and the record; no conversation, no reason for care, no tax number",
    ),
}
_NAMES = {
    "owner": "owner",
    "clinician": "clinician",
    "supervisor": "supervisor",
    "biller": "biller",
    "front_desk": "front desk",
}


def permissions_page() -> str:
    """The whole page."""
    return "\n".join([_head(), _platform(), _practices(), _addresses(), _frames()])


def permissions_write() -> None:
    """Write it where it is kept."""
    (Path(settings.BASE_DIR) / "docs/permissions.md").write_text(permissions_page())


def _head() -> str:
    return """# Who may do what

Written from the code by `bloom/tests/permissions/page.py`; do not edit it here. A test compares, and the
tests beside it try every line of the last two parts with every kind of person
(`bloom/tests/permissions/test_routes.py`, `bloom/tests/permissions/test_frames.py`).

What a person may do follows from three things: what they are **on the platform**, what they are **in a
practice**, and **whose care** they are part of. None of them is ever taken from what a browser sends. A
request that is refused leaves a line on the record when the thing that it named is real.
"""


def _platform() -> str:
    rows = [
        f"| {role} | {_ROLE_WORDS[role][0]} | {'yes' if roles.is_staff({role}) else 'no'} "
        f"| {_ROLE_WORDS[role][1]} |"
        for role in RoleName
    ]
    return _lines(
        "## On the platform",
        "",
        _text(
            """Each change is on record, ends the person’s sessions, and needs an admin who has shown a
            second factor within the last 10 minutes. Nobody gives a role to themselves. Therapists,
            support, admins and whoever works in a practice owe a second factor (`MFA_POLICY`)."""
        ),
        "",
        "| role | how one gets it | enters the administration | sees |",
        "|---|---|---|---|",
        *rows,
    )


def _practices() -> str:
    kinds = list(MembershipRole)
    rows = [
        f"| {rule.what} | "
        + " | ".join("yes" if kind in rule.roles else "—" for kind in kinds)
        + f" | {'yes' if rule.platform_staff else '—'} |"
        for rule in practice_roles.PRACTICE_RULES
    ]
    only = " and ".join(sorted(_NAMES[kind] for kind in practice_roles.THERAPISTS_ONLY))
    return _lines(
        "## In a practice",
        "",
        _text(
            f"""The table of `accounts/practice_roles.py`, which models, selectors and services ask. It
            holds in the one practice that a session or token acts for: somebody who works in two sees
            nothing of the one while in the other, but what is theirs as a patient. That something waits
            there they are told, and no more. Only a therapist can be {only}; biller and front desk
            need no role on the platform. The last column is support and admins of the platform."""
        ),
        "",
        "| | " + " | ".join(_NAMES[kind] for kind in kinds) + " | platform |",
        "|---|" + "---|" * (len(kinds) + 1),
        *rows,
    )


def _addresses() -> str:
    lines = [
        "## Address by address",
        "",
        _text(
            """What each kind of person gets. **yes**: it answers them. **no**: refused, or as if it were
            not there, and nothing changes; **no, on record**: and the attempt is kept. **sign in**: led
            to sign in first. The patient and the therapist are in care together and the things are
            theirs; the others are neither’s."""
        ),
        "",
    ]
    for title, rows in table.SECTIONS:
        lines += [f"### {title}", "", *_table(rows), ""]
    return "\n".join(lines)


def _frames() -> str:
    return _lines("## The socket", "", *_table(table.FRAMES))


def _table(rows: Iterable[Row] | Iterable[FrameRow]) -> list[str]:
    lines = ["| | " + " | ".join(ROLES) + " |", "|---|" + "---|" * len(ROLES)]
    for row in rows:
        scope = f" ({row.scope})" if row.scope else ""
        name = f"{row.method} {_plain(row.route)}" if isinstance(row, Row) else row.name
        if isinstance(row, Row) and row.ip:
            name += f", from {row.ip}"
        words = " | ".join(_word(row.expect[role]) for role in ROLES)
        lines.append(f"| `{name}`{scope} | {words} |")
    return lines


def _plain(route: str) -> str:
    """An address as people read it."""
    named = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", route)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"<\1>", named).strip("^$")


def _word(expected: str) -> str:
    word, mark = re.fullmatch(r"(\w+?)([=!@]?)", expected).groups()  # type: ignore[union-attr] # checked by tests
    if word in {"in", "401", "4401"}:
        return "sign in"
    if word in {"403", "404", "not_found", "not_allowed"}:
        return "no, on record" if mark in {"!", "@"} else "no"
    return "yes"


def _text(words: str) -> str:
    return " ".join(words.split())


def _lines(*lines: str) -> str:
    return "\n".join([*lines, ""])
