"""The page about permissions, and the table of a practice's roles behind it (the page itself: test_docs)."""

import pytest

from accounts import practice_roles
from accounts.types import MembershipRole, PracticeMay
from bloom.tests.permissions import table


def test_every_row_of_the_table_stands_in_it():
    """The page shows the sections, and the routes are theirs: no list of rows is left out of them."""
    lists = {name: rows for name, rows in vars(table).items() if name.isupper() and isinstance(rows, list)}
    shown = [row for name in lists.keys() - {"ROUTES", "FRAMES"} for row in lists[name]]
    assert sorted(map(str, shown)) == sorted(map(str, table.ROUTES))


def test_each_thing_that_one_may_do_has_one_row():
    assert [rule.may for rule in practice_roles.PRACTICE_RULES] == list(PracticeMay)


@pytest.mark.parametrize("may", PracticeMay)
def test_an_owner_may_all_and_nobody_may_what_the_table_does_not_say(may):
    assert MembershipRole.OWNER in practice_roles.roles_that_may(may)
    for role in MembershipRole:
        holds = role in practice_roles.roles_that_may(may)
        assert (may in practice_roles.permits(frozenset({role}))) == holds


def test_the_least_that_each_role_needs():
    """A change here is a change of who sees whose data: it is made on purpose."""
    own = {
        role: {may.value for may in practice_roles.permits(frozenset({role}))} - {"see_members"}
        for role in MembershipRole
        if role is not MembershipRole.OWNER
    }
    assert own == {
        MembershipRole.CLINICIAN: {"give_care"},
        MembershipRole.SUPERVISOR: {"give_care", "answer_alerts"},
        MembershipRole.BILLER: {"see_billing", "open_tax_number", "see_patients"},
        MembershipRole.FRONT_DESK: {"see_patients", "see_schedules", "book_for_patients"},
    }
    staff = {may.value for may in PracticeMay if practice_roles.platform_staff_may(may)}
    assert not staff & {"see_billing", "open_tax_number", "edit_billing", "see_care", "hand_over"}
