"""Somebody who works in two practices: acting for one, they are a stranger to the other's patients."""

import dataclasses
import uuid

import pytest
from asgiref.sync import SyncToAsync
from django.conf import settings as django_settings
from django.db import connections, transaction

import bloom.asgi  # noqa: F401 - every app's frames are registered with the application
from accounts import selectors as accounts_selectors
from accounts import services as accounts_services
from accounts.models import Membership, Notice
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.tests.permissions.table import ROUTES
from bloom.tests.permissions.test_routes import ask, client_of, nothing_changes
from bloom.tests.permissions.two_practices import Both, second_practice
from bloom.tests.permissions.world import events, everything, world_make
from messaging import selectors, services
from messaging.tests import factories

THEIRS = {"conversation_id", "message_id", "scheduled_id", "alert_id", "assignment_id", "proposal_id"}
FOREIGN_ROWS = [row for row in ROUTES if row.object in THEIRS and row.expect["other therapist"] == "404!"]


@pytest.fixture(autouse=True)
def no_connection_outlives_the_test():
    yield
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(scope="module")
def shared(django_db_setup, django_db_blocker):
    """One world for all pages, within a transaction around theirs."""
    around = transaction.atomic()
    around._from_testcase = True
    with django_db_blocker.unblock(), around:
        world = world_make()
        there = second_practice(world)
        cookies = {"there": people.session_key(world.people["therapist"], practice_id=there.practice_id)}
        yield dataclasses.replace(world, cookies=cookies, tables=everything(), events=events())
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize("row", FOREIGN_ROWS, ids=str)
def test_every_address_is_as_to_a_stranger(shared, settings, row):
    settings.RATE_FACTOR = 1000
    client = client_of()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = shared.cookies["there"]
    therapist = shared.people["therapist"]
    with nothing_changes(shared, (therapist.pk, shared.ids[row.object])):
        word, told = ask(client, row, shared.ids)
    assert word == "404"
    assert shared.people["patient"].name not in told.content.decode()


@pytest.fixture
def both(settings):
    settings.RATE_FACTOR = 1000
    return Both()


LISTS = (
    "/dashboard/",
    "/patients/",
    "/messages/",
    "/messages/list/",
    "/messages/?q=patient",
    "/connections/",
    "/care/",
    "/care/?q=patient",
    "/api/v1/assignments/",
    "/api/v1/connections/",
    "/api/v1/conversations/",
    "/api/v1/people/",
    "/api/v1/people/?role=patient",
)


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "other"), [("here", "there"), ("there", "here")])
@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_the_other_practice(both, path, name, other):
    told = both.browser(name).get(path)
    if name == "there" and path.startswith("/care/"):
        # What a practice arranges is for its owner.
        assert told.status_code == 403
        return
    assert told.status_code == 200
    page = told.content.decode()
    ids = (both.talks[other].id, both.talks[other].assignment_id, both.requests[other].id)
    for hidden in (f"Patient {other}", f"Asking {other}", *map(str, ids)):
        assert hidden not in page, hidden
    assert f"{'Asking' if 'connections' in path else 'Patient'} {name}" in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["here", "there"])
def test_as_a_patient_they_see_their_own_whichever_they_act_for(both, name):
    browser = both.browser(name)
    ids = {each["id"] for each in browser.get("/api/v1/conversations/").json()["results"]}
    assert ids == {str(both.talks[name].id), str(both.own.id)}
    assert browser.get(f"/messages/{both.own.id}/").status_code == 200
    sent = browser.post(
        f"/api/v1/conversations/{both.own.id}/messages/",
        {"client_id": str(uuid.uuid4()), "body": factories.HARMLESS},
        content_type="application/json",
    )
    assert sent.status_code == 201
    cares = {each["id"] for each in browser.get("/api/v1/assignments/").json()["results"]}
    assert cares == {str(both.talks[name].assignment_id), str(both.own.assignment_id)}


@pytest.mark.django_db
def test_the_first_page_and_the_switcher_say_what_waits_elsewhere_and_no_more(both):
    page = both.browser("here").get("/dashboard/").content.decode()
    assert f'data-elsewhere="{both.practices["there"]}"' in page
    assert "An alert about a patient waits there" in page
    assert f"/practices/{both.practices['there']}/use/" in page
    assert "data-waits" in page
    # No attribute of a component keeps a tag unread.
    assert "{%" not in page
    assert 'Change to it<span class="sr-only">: ' in page
    talk = both.talks["there"]
    for alert in selectors.crisis_alert_list(talk.as_therapist):
        services.crisis_alert_acknowledge(talk.as_therapist, alert.id, at=clock.now())
    page = both.browser("here").get("/dashboard/").content.decode()
    assert "An alert about a patient waits there" not in page
    assert "A message and a request for care wait there" in page


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["conversation", "request", "care", "history"])
def test_a_link_into_the_other_practice_leads_to_it(both, what):
    talk = both.talks["there"]
    path = {
        "conversation": f"/messages/{talk.id}/",
        "request": f"/connections/{both.requests['there'].id}/",
        "care": f"/care/{talk.assignment_id}/",
        "history": f"/messages/message/{factories.message_rows(talk.id)[0].id}/",
    }[what]
    browser = both.browser("here")
    told = browser.get(path)
    page = told.content.decode()
    assert told.status_code == 404
    assert "where you also work. Change to it?" in page
    assert "Patient there" not in page
    assert f'name="next" value="{path}"' in page
    assert browser.post(f"/practices/{both.practices['there']}/use/", {"next": path})["Location"] == path
    assert browser.get(path).status_code == 200


@pytest.mark.django_db
def test_somebody_known_from_the_other_practice_is_found_there(both):
    """And whoever is known in neither of them is nobody, as before."""
    path = f"/people/{both.talks['there'].patient.id}/"
    browser = both.browser("here")
    told = browser.get(path)
    page = told.content.decode()
    assert told.status_code == 404
    assert "You know this person from" in page
    assert "Patient there" not in page
    use = f"/practices/{both.practices['there']}/use/"
    assert browser.post(use, {"next": path})["Location"] == path
    assert browser.get(path).status_code == 200
    for nobody in (people.patient().id, uuid.uuid4()):
        answer = both.browser("here").get(f"/people/{nobody}/")
        assert answer.status_code == 404
        assert "You know this person" not in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["colleague", "stranger", "patient", "support"])
def test_to_nobody_else_is_such_a_link_another_than_nowhere(both, who):
    """A colleague works in both practices, too, and cares for neither patient."""
    person = {"patient": people.patient, "support": people.support}.get(who, people.therapist)()
    if who == "colleague":
        for practice_id in both.practices.values():
            accounts_services.membership_start(
                people.SYSTEM, practice_id, person.id, MembershipRole.CLINICIAN, at=clock.now()
            )
    browser = people.browser(person)
    real = browser.get(f"/messages/{both.talks['there'].id}/")
    forged = browser.get(f"/messages/{uuid.uuid4()}/")
    assert real.status_code == forged.status_code == 404
    assert "Change to it?" not in real.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "other"), [("here", "there"), ("there", "here")])
def test_notices_are_of_the_practice_they_act_for(both, name, other):
    actor = people.actor(both.therapist, practice_id=both.practices[name])
    browser = both.browser(name)
    for page in (browser.get("/notices/"), browser.get("/api/v1/notices/")):
        assert f"Asking {name}" in page.content.decode()
        for hidden in (f"Asking {other}", str(both.requests[other].id)):
            assert hidden not in page.content.decode()
    copied = [
        row
        for part in accounts_selectors.export_parts(actor)
        if part.name == "notices"
        for row in part.rows()
    ]
    assert f"Asking {name}" in str(copied)
    assert f"Asking {other}" not in str(copied)
    unread = {
        place: accounts_selectors.profile_get(people.actor(both.therapist, practice_id=id_)).notices_unread
        for place, id_ in both.practices.items()
    }
    counts = accounts_selectors.notices_unread(both.therapist.id)
    assert counts == {both.practices[place]: count for place, count in unread.items()}
    accounts_services.notices_read(actor, at=clock.now())
    counts = accounts_selectors.notices_unread(both.therapist.id)
    assert counts[both.practices[name]] == 0 < counts[both.practices[other]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("scopes", "shown"), [({"profile:read"}, set()), ({"profile:read", "assignments:read"}, {"care"})]
)
def test_a_token_is_told_of_care_in_its_practice_if_it_may_read_of_care(both, scopes, shown):
    session = people.actor(both.therapist, practice_id=both.practices["here"])
    token = dataclasses.replace(session, token_id=uuid.uuid4(), session_id=None, scopes=frozenset(scopes))
    told = accounts_selectors.notice_list(token, limit=100).items
    assert {each.kind for each in told} - {"security", "practice", "listing"} == shown
    assert "Asking there" not in str(told)
    assert ("Asking here" in str(told)) is bool(shown)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["here", "there"])
def test_what_they_are_told_as_a_patient_follows_them(both, name):
    care_id = both.own.assignment_id
    accounts_services.assignment_end(both.own.as_therapist, care_id, "Moved.", at=clock.now())
    told = accounts_selectors.notice_list(people.actor(both.therapist, practice_id=both.practices[name]))
    assert "ended" in {each.code for each in told.items}


@pytest.mark.django_db
def test_who_has_left_a_practice_is_told_of_its_care_no_more(both):
    patient = people.patient(name="Left Behind")
    people.assignment(patient, both.owner, practice_id=both.practices["there"])
    colleague = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, both.practices["there"], colleague.id, MembershipRole.OWNER, at=clock.now()
    )
    asked = accounts_services.proposal_offer(
        people.actor(colleague, practice_id=both.practices["there"]), patient.id, both.therapist.id,
        both.practices["there"], "", at=clock.now(),
    )  # fmt: skip
    Membership.objects.unscoped(reason="test").filter(
        user_id=colleague.id, practice_id=both.practices["there"]
    ).update(ended_at=clock.now())
    accounts_services.proposal_decline(people.actor(patient), asked.id, "", at=clock.now())
    told = Notice.objects.unscoped(reason="test").filter(user_id=colleague.id, kind="care")
    assert not told.exists()


@pytest.mark.django_db
def test_who_works_in_one_practice_is_told_of_no_other(both):
    page = people.browser(both.owner, practice_id=both.practices["there"]).get("/dashboard/")
    assert both.owner.name in page.content.decode()
    single = people.browser(people.therapist()).get("/dashboard/").content.decode()
    assert 'data-card="elsewhere"' not in single
