"""Video accounts: tried before they are kept, sealed, shown by their end only."""

import json
from uuid import uuid4

import pytest

from accounts import services as accounts_services
from accounts.models import Membership
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel import clock
from bloom.kernel.errors import FreshFactorNeeded, Invalid, NotAllowed, RateLimited
from observability import services as record
from scheduling.models import MeetingCredential
from scheduling.telehealth import keys, selectors, services
from scheduling.telehealth.errors import CredentialNotFound, CredentialRefused, VideoUnavailable
from scheduling.telehealth.types import Fault, MeetAccount, Vendor, ZoomAccount
from scheduling.tests import factories, video
from scheduling.tests.vendors import meet_served

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


def kept():
    return MeetingCredential.objects.unscoped(reason="test")


def test_it_is_tried_kept_sealed_and_shown_by_its_end(zoom, desk):
    view = video.zoom(desk)
    assert (view.vendor, view.is_own, view.hint) == (Vendor.ZOOM, True, "dbox")
    row = video.credential()
    assert video.ZOOM.client_secret.encode() not in bytes(row.keys)
    assert video.ZOOM.client_secret not in repr(view)
    assert video.ZOOM.client_secret not in repr(keys.keys_open(row.vendor, row.keys, row.id))
    assert view.hook_path == f"/hooks/zoom/{row.id}/"
    (event,) = people.recorded("scheduling.video.connected")
    assert event.data == {"vendor": "zoom", "therapist_id": str(desk.therapist.id)}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"client_secret": "wrong"}, Fault.KEYS),
        ({"account_id": "wrong"}, Fault.KEYS),
        ({"host": "nobody@elsewhere.test"}, Fault.HOST),
    ],
)
def test_keys_that_do_not_work_are_not_kept(zoom, desk, changes, fault):
    wrong = ZoomAccount(**{**{name: getattr(video.ZOOM, name) for name in video.ZOOM.__slots__}, **changes})
    with pytest.raises(CredentialRefused) as refused:
        video.zoom(desk, account=wrong)
    assert refused.value.fields == {"fault": fault.value}
    assert not kept().exists()


def test_a_vendor_that_does_not_answer_is_said_and_nothing_is_kept(zoom, desk):
    zoom.fault_set("down", times=99)
    with pytest.raises(VideoUnavailable):
        video.zoom(desk)
    assert not kept().exists()


def test_what_is_missing_is_said_beside_it(zoom, desk):
    with pytest.raises(Invalid) as refused:
        video.zoom(desk, account=ZoomAccount(account_id=" ", client_id="x", client_secret=""))
    assert set(refused.value.errors) == {"account_id", "client_secret"}
    assert zoom.asked == []


def test_connecting_again_takes_the_place_of_the_one_before(zoom, desk):
    first = video.zoom(desk)
    assert video.zoom(desk).id == first.id
    assert kept().count() == 1


def test_another_vendor_is_another_account(settings, zoom, desk):
    first = video.zoom(desk)
    with meet_served(settings) as google:
        second = services.credential_save(
            video.owner(desk), desk.practice_id, video.meet_account(google), is_own=True, at=clock.now()
        )
    assert (second.vendor, second.hint) == (Vendor.MEET, "loom")
    assert second.id != first.id
    assert kept().get(replaced_at=None).id == second.id
    accounts = selectors.video_accounts(video.owner(desk), desk.practice_id)
    assert (accounts.own, [each.id for each in accounts.earlier]) == (second, [first.id])


@pytest.mark.parametrize(
    ("account", "field"),
    [
        (MeetAccount(service_account="no json"), "service_account"),
        (MeetAccount(service_account="[" * 20_000), "service_account"),
        (MeetAccount(service_account=json.dumps({"client_email": "a@b.c"})), "service_account"),
        (
            MeetAccount(
                service_account=json.dumps({"client_email": "a@b.c", "private_key": "x"}),
                topic="meet",
                push_email="a@b.c",
            ),
            "topic",
        ),
        (
            MeetAccount(
                service_account=json.dumps({"client_email": "a@b.c", "private_key": "x"}),
                topic="projects/p/topics/t",
            ),
            "push_email",
        ),
    ],
)
def test_a_service_account_is_looked_at_before_google_is_asked(desk, account, field):
    with pytest.raises(Invalid) as refused:
        services.credential_save(video.owner(desk), desk.practice_id, account, is_own=True, at=clock.now())
    assert set(refused.value.errors) == {field}


def test_a_test_says_what_is_wrong_and_keeps_it(zoom, desk):
    held = video.zoom(desk)
    zoom.fault_set("scopes", path="/meetings")
    with pytest.raises(CredentialRefused):
        services.credential_test(video.owner(desk), desk.practice_id, held.id, at=clock.now())
    assert selectors.video_accounts(video.owner(desk), desk.practice_id).own.fault is Fault.FORBIDDEN
    zoom.fault_set("error", times=9)
    with pytest.raises(VideoUnavailable):
        services.credential_test(video.owner(desk), desk.practice_id, held.id, at=clock.now())
    zoom.faults_clear()
    assert (
        services.credential_test(video.owner(desk), desk.practice_id, held.id, at=clock.now()).fault is None
    )


def test_removing_forgets_the_keys(zoom, desk):
    held = video.zoom(desk)
    services.credential_remove(video.owner(desk), desk.practice_id, held.id, at=clock.now())
    assert not kept().exists()
    assert people.recorded("scheduling.video.removed")
    with pytest.raises(CredentialNotFound):
        services.credential_remove(video.owner(desk), desk.practice_id, held.id, at=clock.now())


def test_a_second_factor_is_shown_first(zoom, desk):
    people.app(desk.therapist)
    actor = people.actor(desk.therapist, practice_id=desk.practice_id)
    with pytest.raises(FreshFactorNeeded):
        services.credential_save(actor, desk.practice_id, video.ZOOM, is_own=True, at=clock.now())
    held = video.zoom(desk)
    with pytest.raises(FreshFactorNeeded):
        services.credential_remove(actor, desk.practice_id, held.id, at=clock.now())


def test_a_colleague_has_their_own_and_not_the_practices(zoom, desk):
    shared = video.zoom(desk, is_own=False)
    own = video.zoom(desk)
    colleague = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, colleague.id, MembershipRole.CLINICIAN, at=clock.now()
    )
    actor = people.actor(colleague, practice_id=desk.practice_id, factor_at=clock.now())
    assert selectors.video_accounts(actor, desk.practice_id).own is None
    assert selectors.video_accounts(actor, desk.practice_id).shared is None
    with pytest.raises(NotAllowed):
        services.credential_save(actor, desk.practice_id, video.ZOOM, is_own=False, at=clock.now())
    with pytest.raises(NotAllowed):
        services.credential_remove(actor, desk.practice_id, shared.id, at=clock.now())
    with pytest.raises(CredentialNotFound) as refused:
        services.credential_remove(actor, desk.practice_id, own.id, at=clock.now())
    assert refused.value.exists
    assert kept().count() == 2


@pytest.fixture
def colleague(desk):
    """Of the practice of the desk, with an account of their own there, beside the practice's own."""
    person = people.therapist()
    accounts_services.membership_start(
        people.SYSTEM, desk.practice_id, person.id, MembershipRole.CLINICIAN, at=clock.now()
    )
    actor = people.actor(person, practice_id=desk.practice_id, factor_at=clock.now())
    services.credential_save(actor, desk.practice_id, video.ZOOM, is_own=True, at=clock.now())
    return person


def owners(desk):
    return set(kept().filter(practice_id=desk.practice_id).values_list("therapist_id", flat=True))


@pytest.mark.parametrize("way", ["leaves", "is removed", "becomes a biller", "is taken out by staff"])
def test_the_own_keys_of_who_no_longer_cares_there_go(zoom, desk, colleague, way):
    video.zoom(desk)
    video.zoom(desk, is_own=False)
    # Their earlier account there goes, too.
    earlier = kept().get(practice_id=desk.practice_id, therapist=colleague)
    earlier.pk, earlier.replaced_at = uuid4(), clock.now()
    earlier.save(force_insert=True)
    # Where else they work they keep theirs.
    elsewhere = people.actor(colleague, factor_at=clock.now())
    there = services.credential_save(
        elsewhere, elsewhere.practice_id, video.ZOOM, is_own=True, at=clock.now()
    )
    match way:
        case "leaves":
            leaver = people.actor(colleague, practice_id=desk.practice_id)
            accounts_services.member_remove(leaver, desk.practice_id, colleague.id, at=clock.now())
        case "is removed":
            accounts_services.member_remove(video.owner(desk), desk.practice_id, colleague.id, at=clock.now())
        case "becomes a biller":
            accounts_services.member_change(
                video.owner(desk), desk.practice_id, colleague.id, MembershipRole.BILLER, at=clock.now()
            )
        case "is taken out by staff":
            membership = Membership.objects.unscoped(reason="test").get(
                user=colleague, practice_id=desk.practice_id
            )
            accounts_services.membership_end(people.actor(people.admin()), membership.id, at=clock.now())
    assert owners(desk) == {desk.therapist.id, colleague.id, None}
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert owners(desk) == {desk.therapist.id, None}
    assert kept().filter(id=there.id).exists()
    removed = people.recorded("scheduling.video.removed")
    assert [each.data["therapist_id"] for each in removed] == [str(colleague.id)] * 2


def test_who_goes_on_caring_in_another_role_keeps_their_keys(zoom, desk, colleague):
    accounts_services.member_change(
        video.owner(desk), desk.practice_id, colleague.id, MembershipRole.SUPERVISOR, at=clock.now()
    )
    record.outbox_drain(people.SYSTEM, at=clock.now())
    assert owners(desk) == {colleague.id}


def test_only_the_system_takes_keys_from_who_left(zoom, desk):
    video.zoom(desk)
    with pytest.raises(NotAllowed):
        services.credential_leave(video.owner(desk), desk.practice_id, desk.therapist.id, at=clock.now())
    assert owners(desk) == {desk.therapist.id}


def test_nobody_tries_keys_all_day(zoom, desk):
    for _ in range(10):
        video.zoom(desk)
    with pytest.raises(RateLimited):
        video.zoom(desk)
