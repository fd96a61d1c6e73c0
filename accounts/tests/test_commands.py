"""Commands: the demo people, tokens, the first admin; and what the seed promises."""

import io
import random
import re

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts import seed, seed_connections, seed_places, selectors, services, tasks
from accounts.models import Assignment, Membership, Practice, Session, User
from accounts.sessions import SessionStore
from accounts.tests import factories as make
from accounts.types import DirectoryAsk, TermKind
from bloom.kernel import clock, registry
from bloom.kernel.registry import SeedContext

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def context(number=1, scale=0):
    return SeedContext(
        seed=number, scale=scale, at=make.AT, random=random.Random(number), say=lambda text: None
    )


def plant(number=1, scale=0):
    seed.people(context(number, scale))


def person(name):
    return User.objects.get(email=f"{name}@bloom.demo")


def everything():
    reason = "compare two runs"
    return (
        list(User.objects.order_by("email").values_list("id", "email", "name", "headline", "time_zone")),
        list(
            Assignment.objects.unscoped(reason=reason)
            .order_by("id")
            .values_list("id", "patient_id", "therapist_id", "practice_id", "started_at", "ended_at")
        ),
        list(Membership.objects.unscoped(reason=reason).order_by("id").values_list("id", "user_id", "role")),
    )


def wipe():
    Assignment.objects.unscoped(reason="start again").delete()
    User.objects.all().delete()
    Practice.objects.all().delete()


class TestSeed:
    def test_the_well_known_people(self):
        plant()
        therapist = person("therapist").id
        for name in ("patient", "patient2"):
            assert selectors.assignment_is_active(make.SYSTEM, person(name).id, therapist)
            assert not selectors.assignment_between(make.SYSTEM, person(name).id, person("therapist2").id)
        roles = selectors.roles_of(make.SYSTEM, User.objects.values_list("id", flat=True))
        for name, role in [
            ("patient", "patient"),
            ("therapist2", "therapist"),
            ("support", "support"),
            ("admin", "admin"),
        ]:
            assert roles[person(name).id] == {role}
        # Checking makes it new, so its kind is looked at first.
        assert person("patient").password.startswith("bcrypt_sha256$")
        assert person("patient").check_password("bloom-demo")
        assert EmailAddress.objects.filter(verified=True, primary=True).count() == User.objects.count()

    def test_care_past_and_present_with_its_record(self):
        plant()
        rows = Assignment.objects.unscoped(reason="test")
        over = rows.filter(ended_at__isnull=False).count()
        assert rows.count() > 24
        assert over >= 3
        assert len(make.recorded("accounts.assignment.started")) == rows.count()
        assert len(make.recorded("accounts.assignment.ended")) == over
        page = selectors.assignment_list(make.actor(person("admin")), limit=200)
        assert len(page.items) == rows.count()
        cares = selectors.assignment_list(make.SYSTEM, limit=200).items
        assert all(care.reason for care in cares)
        assert all(care.end_reason for care in cares if not care.is_active)

    def test_the_same_seed_makes_the_same_people_and_another_others(self):
        plant(7, scale=3)
        first = everything()
        wipe()
        plant(7, scale=3)
        assert everything() == first
        wipe()
        plant(8, scale=3)
        assert everything()[0] != first[0]

    def test_scale_adds_what_is_missing(self):
        plant(scale=45)
        assert person("patient-00001").name
        before = User.objects.count()
        assert before == 14 + 2 + 24 + 45 + 2
        plant(number=2, scale=50)
        assert User.objects.count() == before + 5
        assert selectors.assignment_is_active(
            make.SYSTEM, person("patient-00050").id, person("therapist-0002").id
        )

    def test_scale_costs_the_same_for_one_and_for_a_hundred(self, django_assert_max_num_queries):
        plant()
        with django_assert_max_num_queries(18):
            plant(scale=100)

    def test_a_directory_with_one_who_waits_and_one_who_hides(self):
        plant(scale=50)
        actor = make.actor(person("patient"))
        page = selectors.directory_list(actor, DirectoryAsk(), limit=50)
        known = [view for view in page.items if not view.headline.startswith("A calm")]
        assert (page.count, len(known)) == (14, 12)
        assert len({view.approach for view in known}) == 12
        assert not {person(name).id for name in ("therapist13", "therapist14")} & {
            view.person_id for view in page.items
        }
        asked = DirectoryAsk(text="grief", terms={TermKind.STATE: ("IL",)})
        assert person("therapist3").id in {
            view.person_id for view in selectors.directory_list(actor, asked).items
        }

    def test_the_practices_have_places_and_are_somebody_to_payers(self):
        plant()
        for _twice in range(2):
            seed_places.places(context())
        owner = make.actor(person("therapist"), practice_id=make.practice_of(person("therapist")))
        assert [view.name for view in selectors.location_list(owner, owner.practice_id)] == [
            "Lincoln Square",
            "Oak Park",
        ]
        billed = selectors.billing_get(owner, owner.practice_id)
        assert billed is not None
        assert billed.is_complete

    def test_what_was_asked_rings_the_bell_and_sends_no_mail(self):
        plant()
        seed_connections.connections(context())
        for name, code in (("therapist", "asked"), ("patient2", "asked"), ("patient", "declined")):
            found = selectors.notice_list(make.actor(person(name))).items
            assert found, name
            notice = found[0]
            assert notice.code == code
        assert make.letters_send(at=make.AT) == 0


class TestSeedDemo:
    def test_refuses_production(self, settings):
        settings.BLOOM_ENV = "production"
        with pytest.raises(CommandError):
            run("seed_demo")
        assert not User.objects.exists()

    def test_leaves_people_who_are_there_alone(self):
        make.patient()
        assert "already" in run("seed_demo")
        assert User.objects.count() == 1

    def test_goes_on_where_it_was_cut_off(self, tmp_path, monkeypatch):
        mark = tmp_path / "seed.unfinished"

        def cut_off(context):
            assert mark.exists()
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(registry.seed, "items", lambda: [("accounts", seed.people), ("rest", cut_off)])
            with pytest.raises(KeyboardInterrupt):
                run("seed_demo", "--unfinished", str(mark))
        assert mark.exists()
        with monkeypatch.context() as patch:
            done = []
            patch.setattr(registry.seed, "items", lambda: [("accounts", seed.people), ("rest", done.append)])
            run("seed_demo", "--unfinished", str(mark))
            assert len(done) == 1
            assert not mark.exists()
            assert "already" in run("seed_demo", "--unfinished", str(mark))
        assert not mark.exists()

    def test_a_mark_of_another_database_brings_no_demo_people_to_real_ones(self, tmp_path):
        mark = tmp_path / "seed.unfinished"
        mark.touch()
        make.patient()
        assert "already" in run("seed_demo", "--unfinished", str(mark))
        assert User.objects.count() == 1


class TestIssueApiToken:
    def test_prints_the_token_and_nothing_else(self):
        user = make.patient(email="maya@example.org")
        printed = run("issue_api_token", "Maya@Example.org", "--scope", "conversations:write", "--days", "3")
        assert re.fullmatch(r"blm_[a-z0-9]{12}_\S{43}\n", printed)
        authority = selectors.authority_for_token(printed.strip())
        assert (authority.user_id, authority.scopes) == (user.id, {"conversations:write"})

    @pytest.mark.parametrize(
        "arguments",
        [
            ("who@example.org", "--scope", "profile:read"),
            ("maya@example.org", "--scope", "everything"),
            ("maya@example.org", "--scope", "profile:read", "--days", "0"),
        ],
    )
    def test_says_what_is_wrong(self, arguments):
        make.patient(email="maya@example.org")
        with pytest.raises(CommandError):
            run("issue_api_token", *arguments)


def test_grant_role_makes_the_first_admin():
    user = make.patient(email="maya@example.org")
    run("grant_role", "maya@example.org", "admin")
    assert selectors.roles_of(make.SYSTEM, [user.id])[user.id] == {"patient", "admin"}
    with pytest.raises(CommandError):
        run("grant_role", "maya@example.org", "admin")
    (event,) = [event for event in make.recorded("accounts.role.granted") if event.data == {"role": "admin"}]
    assert event.system_name == "grant_role"


def test_sessions_whose_time_is_over_are_forgotten():
    kept = make.session_key(make.patient())
    make.session_key(make.patient())
    Session.objects.exclude(session_key=SessionStore(kept)._rows().get().session_key).update(
        expire_date=make.AT
    )
    tasks.sessions_clear()
    assert Session.objects.count() == 1
    assert selectors.authority_for_session(kept) is not None
    assert services.sessions_clear(make.SYSTEM, at=clock.now()) == 0
