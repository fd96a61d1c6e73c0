"""The record of a real conversation is whole, and is not after any single row of it is touched by hand."""

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.tests import factories as people
from bloom.kernel import clock
from messaging import services
from messaging.tests import factories
from observability import services as observability_services
from observability.testing import append_only_lifted

pytestmark = pytest.mark.django_db

# What somebody at the database's console might change, by table.
TOUCHES = {
    "observability_event": "actor_user_id = gen_random_uuid()",
    "messaging_messageaudit": "outcome = outcome || 'x'",
    "observability_sealentry": "position = position + 1000",
    "observability_sealbatch": "sealed_at = sealed_at + interval '1 second'",
}


@pytest.fixture
def recorded():
    """A little of everything, sealed in two batches."""
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)
    hidden = factories.send(talk.as_patient, talk.id, factories.BLURRED)
    services.message_reveal(talk.as_therapist, hidden.id, at=clock.now())
    observability_services.seal_run(people.SYSTEM, at=clock.now(), everything=True)


def leaves_with() -> int:
    """The status with which `verify_audit` ends."""
    try:
        call_command("verify_audit")
    except SystemExit as left:
        return int(left.code)
    return 0


@pytest.mark.parametrize("by", ["changing", "deleting"])
@pytest.mark.parametrize("table", TOUCHES)
def test_no_row_of_the_record_can_be_touched_unseen(recorded, table, by, capsys):
    assert leaves_with() == 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ctid::text FROM {table}")
        places = [place for (place,) in cursor.fetchall()]
    assert len(places) >= 2
    for place in places:
        with transaction.atomic():
            with append_only_lifted(), connection.cursor() as cursor:
                statement = (
                    f"UPDATE {table} SET {TOUCHES[table]}" if by == "changing" else f"DELETE FROM {table}"
                )
                if by == "deleting" and table == "observability_event":
                    cursor.execute("DELETE FROM observability_delivery")
                cursor.execute(f"{statement} WHERE ctid = %s::tid", [place])
                assert cursor.rowcount == 1
            assert leaves_with() == 1, place
            transaction.set_rollback(True)
        assert table in capsys.readouterr().err or table.startswith("observability_seal")
