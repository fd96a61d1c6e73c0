import io
import json
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import mail
from django.core.files.storage import default_storage
from django.test import Client
from django.utils.formats import date_format
from django.utils.translation import override

from accounts import archive, selectors, services, tasks
from accounts.errors import ExportUnderWay
from accounts.exports import parts_of
from accounts.models import DataExport, RecoveryCode, User
from accounts.tests import factor_pages
from accounts.tests import factories as make
from accounts.tests.authenticator import Device
from accounts.types import ExportState
from bloom.files.tests import pictures
from bloom.kernel import clock, vault
from bloom.kernel.errors import FreshFactorNeeded, NotFound, RateLimited
from messaging import services as messaging_services
from messaging.tests import factories as talks
from observability.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_storage(settings, tmp_path):
    kept = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = settings.STORAGES | {"default": kept}


def sign_in(user) -> Client:
    client = Client()
    client.post("/accounts/login/", {"login": user.email, "password": make.PASSWORD})
    return client


def rows():
    return DataExport.objects.unscoped(reason="test")


def opened(raw: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def made(user) -> dict[str, str]:
    actor = make.actor(user, factor_at=clock.now())
    export = services.export_ask(actor, at=clock.now())
    services.exports_run(make.SYSTEM, at=clock.now())
    return opened(b"".join(services.export_fetch(actor, export.id, at=clock.now())))


def test_holds_what_is_kept_about_a_person_as_they_see_it():
    talk = talks.talk()
    talks.send(talk.as_patient, talk.id, "I slept well <b>at last</b>.")
    talks.send(talk.as_therapist, talk.id, talks.BLURRED)
    files = made(talk.patient)
    assert {"index.html", "profile.json", "care.json", "activity.json", "conversation-0001.json"} <= set(
        files
    )
    assert json.loads(files["profile.json"])[0]["email"] == talk.patient.email
    texts = [each["text"] for each in json.loads(files["conversation-0001.json"])]
    assert texts[0] == "I slept well <b>at last</b>."
    assert talks.BLURRED not in "".join(files.values())
    assert "I slept well &lt;b&gt;at last&lt;/b&gt;." in files["index.html"]


def test_holds_the_photo_and_the_accounts_elsewhere_that_open_this_one():
    user = make.patient()
    services.photo_change(make.actor(user), pictures.picture(), at=clock.now())
    SocialAccount.objects.create(
        user=user, provider="google", uid="12345", extra_data={"email": "maya@gmail.com"}
    )
    export = services.export_ask(make.actor(user), at=clock.now())
    services.exports_run(make.SYSTEM, at=clock.now())
    raw = b"".join(services.export_fetch(make.actor(user), export.id, at=clock.now()))
    with zipfile.ZipFile(io.BytesIO(raw)) as whole:
        assert whole.read("photo.webp")[8:12] == b"WEBP"
        assert json.loads(whole.read("profile.json"))[0]["photo"] == "photo.webp"
        (linked,) = json.loads(whole.read("connected_accounts.json"))
    assert (linked["with"], linked["address_there"]) == ("Google", "maya@gmail.com")


def test_holds_what_is_kept_of_passkeys_and_codes_and_no_secret():
    user, device = make.patient(), Device()
    client = factor_pages.browser(user)
    codes = factor_pages.codes_on(factor_pages.add_passkey(client, device))
    app = make.app(user)
    Authenticator.objects.filter(user=user, type="webauthn").update(last_used_at=clock.now())
    passkey = Authenticator.objects.get(user=user, type="webauthn")
    passkey.data |= {"sign_count": 7}
    passkey.save()
    used = RecoveryCode.objects.unscoped(reason="test").filter(user=user).first()
    RecoveryCode.objects.unscoped(reason="test").filter(id=used.id).update(used_at=clock.now())
    files = made(user)
    kinds = {each["kind"]: each for each in json.loads(files["second_factors.json"])}
    assert (kinds["webauthn"]["name"], kinds["webauthn"]["maker"]) == ("Bitwarden", "Bitwarden")
    assert kinds["webauthn"]["uses"] == 7
    assert kinds["webauthn"]["added"] == passkey.created_at.isoformat()
    assert kinds["webauthn"]["last_used"] == passkey.last_used_at.isoformat()
    assert kinds["totp"]["added"] == app.created_at.isoformat()
    assert (kinds["recovery_codes"]["left"], kinds["recovery_codes"]["used"]) == (9, 1)
    for words in ("Passkeys and codes", "Authenticator app", "Bitwarden", "<dt>Left</dt><dd dir="):
        assert words in files["index.html"]
    whole = "".join(files.values())
    secrets = [app.data["secret"], make.SECRET, passkey.data["credential_id"], str(device.aaguid), *codes]
    assert not [secret for secret in secrets if secret in whole]


def test_holds_a_therapists_entry_in_the_directory_and_known_browsers():
    user = make.therapist()
    sign_in(user)
    make.listing(user, headline="Grief and loss", approach="We go slowly.", city="Chicago", gender="woman")
    files = made(user)
    (entry,) = json.loads(files["directory_entry.json"])
    assert (entry["headline"], entry["approach"], entry["city"]) == (
        "Grief and loss",
        "We go slowly.",
        "Chicago",
    )
    assert (entry["state"], entry["specialties"]) == ("verified", ["anxiety"])
    (license_,) = entry["licenses"]
    assert license_["number"].startswith("149.")
    assert len(entry["npi"]) == 10
    page = files["index.html"]
    for words in ("We go slowly.", "Verified", "Anxiety", license_["number"], entry["npi"], "Illinois"):
        assert words in page
    (browser,) = json.loads(files["known_browsers.json"])
    assert set(browser) == {"first", "last"}


def test_the_page_looks_again_by_itself_until_the_copy_is_there():
    user = make.patient()
    client = sign_in(user)
    client.post("/settings/data/")
    looks = 'hx-get="/settings/data/?looks='
    page = client.get("/settings/data/").content.decode()
    assert f'{looks}1"' in page
    assert "js/htmx" in page
    assert f'{looks}8"' in client.get("/settings/data/?looks=7").content.decode()
    # Not for ever, whatever somebody writes there.
    for said in ("160", "9999", "x", "-1"):
        page = client.get(f"/settings/data/?looks={said}").content.decode()
        assert (looks in page) is (said in {"9999", "x", "-1"}), said
    services.exports_run(make.SYSTEM, at=clock.now())
    page = client.get("/settings/data/?looks=9").content.decode()
    assert "Fetch the copy" in page
    assert looks not in page


def test_holds_what_is_there_when_the_photo_is_lost(tmp_path):
    user = make.patient()
    services.photo_change(make.actor(user), pictures.picture(), at=clock.now())
    for path in (tmp_path / "images").iterdir():
        path.unlink()
    assert {"profile.json", "index.html"} <= set(made(user))


def test_the_mail_speaks_its_person_s_language_and_time_and_leads_to_the_page():
    user = make.patient()
    User.objects.filter(id=user.id).update(locale="es", time_zone="America/Chicago")
    services.export_ask(make.actor(user), at=clock.now())
    tasks.exports_run()
    tasks.letters_send()
    (sent,) = mail.outbox
    export = rows().get()
    until = (export.made_at + settings.EXPORT_LASTS).astimezone(ZoneInfo("America/Chicago"))
    with override("es"):
        assert date_format(until, "SHORT_DATETIME_FORMAT") in sent.body
    assert "America/Chicago" in sent.body
    assert f"{settings.SITE_URL}/settings/data/\n" in sent.body


def test_holds_nothing_of_others():
    mine, other = talks.talk(), talks.talk()
    talks.send(other.as_patient, other.id, "Nobody else's business.")
    whole = "".join(made(mine.patient).values())
    assert "Nobody else" not in whole
    assert other.patient.email not in whole


def test_a_therapist_copies_of_patients_what_belongs_to_the_practice_in_which_they_ask():
    here = talks.talk(make.patient(name="Patient Here"))
    therapist = here.therapist
    practice_id = make.practice(make.therapist(), therapist)
    there = talks.talk(make.patient(name="Patient There"), therapist, practice_id=practice_id)
    make.assignment(make.patient(name="Not Theirs"), make.therapist())
    for talk, other in ((here, there), (there, here)):
        talks.send(talk.as_patient, talk.id, f"Written to {talk.patient.name}.")
        DataExport.objects.unscoped(reason="test").all().delete()
        actor = make.actor(therapist, practice_id=talk.practice_id)
        export = services.export_ask(actor, at=clock.now())
        services.exports_run(make.SYSTEM, at=clock.now())
        files = opened(b"".join(services.export_fetch(actor, export.id, at=clock.now())))
        whole = "".join(files.values())
        assert talk.patient.name in whole
        assert f"Written to {talk.patient.name}." in whole
        assert other.patient.name not in whole


def test_staff_copy_nothing_of_those_whom_they_look_after():
    talk, admin = talks.talk(), make.admin()
    patient = make.patient(name="Unmistakable Person")
    practice_id = make.practice_of(talk.therapist)
    services.proposal_offer(
        make.actor(admin), patient.id, talk.therapist.id, practice_id, "Please.", at=clock.now()
    )
    # Nor of what they arranged: it belongs to the practice.
    for staff in (make.admin(), admin):
        whole = "".join(made(staff).values())
        assert patient.name not in whole
        assert talk.patient.name not in whole


def test_lies_sealed_in_the_store():
    user = make.patient()
    made(user)
    row = rows().get()
    with default_storage.open(row.file, "rb") as file:
        kept = file.read()
    assert b"PK\x03\x04" not in kept
    assert user.email.encode() not in kept


@pytest.mark.parametrize("harm", ["cut", "swapped", "flipped", "empty", "another's"])
def test_a_file_that_was_tampered_with_does_not_open(monkeypatch, harm):
    monkeypatch.setattr(archive, "PIECE_BYTES", 512)
    user, other = make.patient(), make.patient()
    made(other)
    theirs = Path(default_storage.path(rows().get().file)).read_bytes()
    made(user)
    export = rows().get(user_id=user.id)
    path = Path(default_storage.path(export.file))
    data = path.read_bytes()
    one = 4 + int.from_bytes(data[:4], "big")
    two = one + 4 + int.from_bytes(data[one : one + 4], "big")
    path.write_bytes(
        {
            "cut": data[:two],
            "swapped": data[one:two] + data[:one] + data[two:],
            "flipped": data[:40] + bytes([data[40] ^ 1]) + data[41:],
            "empty": b"",
            "another's": theirs,
        }[harm]
    )
    with pytest.raises((NotFound, vault.SealBroken)):
        list(services.export_fetch(make.actor(user), export.id, at=clock.now()))


def test_a_large_file_is_many_pieces_and_never_whole_in_memory():
    out, file_id, written = io.BytesIO(), UUID(int=7), bytes(range(256)) * 3000
    writer = archive.SealedWriter(out, make.patient().id, file_id)
    for start in range(0, len(written), 1000):
        writer.write(written[start : start + 1000])
    writer.close()
    out.seek(0)
    pieces = list(archive.sealed_read(out, file_id))
    assert b"".join(pieces) == written
    assert max(map(len, pieces)) == archive.PIECE_BYTES
    assert writer.size == len(written)


def test_the_page_to_read_stands_alone():
    talk = talks.talk()
    talks.send(talk.as_patient, talk.id, "<script>alert(1)</script>")
    page = made(talk.patient)["index.html"]
    assert "<script" not in page
    assert "http" not in page
    assert "&lt;script&gt;" in page
    assert page.count('class="mine"') == 1


def test_the_page_to_read_is_in_words_and_in_one_s_own_time():
    talk = talks.talk()
    person = talk.patient
    User.objects.filter(id=person.id).update(time_zone="America/Chicago", preferred_name="Robin")
    make.request(person, make.listing(make.therapist()).therapist, "May I come?")
    sign_in(person)
    services.token_issue(make.actor(person), person.id, "Reader", ["people:read"], days=30, at=clock.now())
    files = made(person)
    page = files["index.html"]
    for words in (
        "What you are in Bloom",
        "Waits for the therapist",
        "in Bloom + by mail",
        "Chicago",
        "Here since",
    ):
        assert words in page, words
    assert "People whom you may find: read" in page
    for internal in (
        "with_therapist",
        "people:read",
        "by_you",
        "member_since",
        "Mozilla",
        "None",
        "{'",
        "&#x27;:",
    ):
        assert internal not in page, internal
    asked_at = clock.now().astimezone(ZoneInfo("America/Chicago"))
    assert f"{date_format(asked_at, 'j F Y, g')}:" in page


def test_every_fact_has_a_heading_or_is_for_programs_alone():
    talk = talks.talk()
    later = clock.now() + timedelta(days=1)
    messaging_services.scheduled_plan(
        talk.as_patient, talk.id, uuid.uuid4(), "Until tomorrow.", later, at=clock.now()
    )
    assert "Until tomorrow." in made(talk.patient)["index.html"]
    for person in (talk.patient, talk.therapist):
        for part in parts_of(make.actor(person)):
            if part.is_talk:
                continue
            for row in part.rows():
                assert set(row) - set(part.labels) <= {"id"}, part.name
                assert set(part.says) <= set(part.labels), part.name


def test_is_on_record_from_the_wish_to_its_end():
    user = make.patient()
    made(user)
    later = clock.now() + settings.EXPORT_LASTS + timedelta(minutes=1)
    name = rows().get().file
    services.exports_run(make.SYSTEM, at=later)
    assert not default_storage.exists(name)
    assert rows().get().state == ExportState.GONE
    names = Event.objects.unscoped(reason="test").filter(
        name__startswith="accounts.export.", subject_id=user.id
    )
    assert sorted(names.values_list("name", flat=True)) == [
        "accounts.export.asked",
        "accounts.export.fetched",
        "accounts.export.gone",
        "accounts.export.made",
    ]


def test_one_at_a_time_and_few_a_day(settings):
    settings.RATE_FACTOR = 1
    actor = make.actor(make.patient())
    services.export_ask(actor, at=clock.now())
    with pytest.raises(ExportUnderWay):
        services.export_ask(actor, at=clock.now())
    services.exports_run(make.SYSTEM, at=clock.now())
    services.export_ask(actor, at=clock.now())
    with pytest.raises(RateLimited):
        services.export_ask(actor, at=clock.now())


def test_a_worker_that_died_is_followed_by_another():
    user = make.patient()
    services.export_ask(make.actor(user), at=clock.now())
    rows().update(state=ExportState.MAKING, begun_at=clock.now())
    assert services.exports_run(make.SYSTEM, at=clock.now()) == []
    assert services.exports_run(make.SYSTEM, at=clock.now() + timedelta(minutes=16)) == [user.id]


def test_a_part_that_fails_is_tried_again_and_then_told(monkeypatch):
    from accounts import exports

    def broken(*args, **more):
        raise OSError("disk")

    monkeypatch.setattr(exports, "zip_write", broken)
    user = make.patient()
    client = sign_in(user)
    services.export_ask(make.actor(user), at=clock.now())
    at = clock.now()
    for _try in range(3):
        services.exports_run(make.SYSTEM, at=at)
        at += timedelta(minutes=16)
    assert rows().get().state == ExportState.FAILED
    assert "could not be made" in client.get("/settings/data/").content.decode()


def test_the_page_from_the_wish_to_the_file():
    user = make.patient()
    client = sign_in(user)
    page = client.post("/settings/data/", follow=True)
    assert "being made" in page.content.decode()
    tasks.exports_run()
    tasks.letters_send()
    assert mail.outbox[-1].subject == "The copy of your data is ready"
    link = selectors.export_latest(make.actor(user)).link
    assert link in client.get("/settings/data/").content.decode()
    answer = client.get(f"/settings/data/{link}/")
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert "profile.json" in opened(b"".join(answer.streaming_content))


def test_the_link_opens_nothing_for_others_or_later_or_changed():
    user, other = make.patient(), make.patient()
    made(user)
    link = selectors.export_latest(make.actor(user)).link
    assert Client().get(f"/settings/data/{link}/").status_code == 302
    assert sign_in(other).get(f"/settings/data/{link}/").status_code == 404
    client = sign_in(user)
    assert client.get(f"/settings/data/{link[:-1]}/").status_code == 404
    rows().update(expires_at=clock.now())
    assert client.get(f"/settings/data/{link}/").status_code == 404


def test_asks_for_a_fresh_factor():
    user = make.patient()
    make.app(user)
    stale = make.actor(user, factor_at=clock.now() - timedelta(minutes=11))
    with pytest.raises(FreshFactorNeeded):
        services.export_ask(stale, at=clock.now())
