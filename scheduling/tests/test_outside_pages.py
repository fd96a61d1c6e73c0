"""The page on which a therapist names calendars that they are busy in, and its words for what fails."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.tests import factories as people
from bloom.kernel import clock
from bloom.kernel.errors import NotAllowed
from scheduling import selectors, services
from scheduling.integrations.outside.fake import EMPTY
from scheduling.models import BusyTime, OutsideCalendar
from scheduling.tests import factories
from scheduling.tests.test_outside import START, add, entry, hour, ics, run, times, view
from scheduling.types import OutsideFault

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings):
    settings.WEBHOOKS_PRIVATE = True


@pytest.fixture
def desk():
    return factories.desk()


class TestPage:
    URL = "/settings/calendar/"

    def test_a_therapist_adds_one_reads_it_again_and_removes_it(self, calendars, desk):
        calendars.held["/mine.ics"] = ics(entry())
        client = people.browser(desk.therapist)
        page = client.post(
            f"{self.URL}outside/", {"name": "Family", "url": f"{calendars.url}/mine.ics"}, follow=True
        ).content.decode()
        assert "not read yet" in page
        assert "mine.ics" not in page
        run()
        page = client.get(self.URL).content.decode()
        assert "one busy time" in page
        again = f"{self.URL}outside/{view(desk).id}/again/"
        assert "within a minute" in client.post(again, follow=True).content.decode()
        client.post(f"{self.URL}outside/{view(desk).id}/remove/")
        assert selectors.outside_list(desk.as_therapist) == []

    def test_a_file_is_read_once_by_the_job_and_is_gone_then(self, desk):
        client = people.browser(desk.therapist)
        sent = {"name": "Old", "file": SimpleUploadedFile("mine.ics", ics(entry()))}
        page = client.post(f"{self.URL}outside/file/", sent, follow=True).content.decode()
        assert "From a file" in page
        assert "not read yet" in page
        assert "hx-trigger" in page[page.index("outside-rows") : page.index("From a file")]
        assert times(desk) == []
        row = OutsideCalendar.objects.unscoped(reason="test").get()
        assert b"BEGIN:VCALENDAR" not in bytes(row.file)
        assert run() == 1
        assert times(desk) == [hour(START)]
        row.refresh_from_db()
        assert (row.file, row.next_due_at) == (None, None)
        page = client.get(self.URL).content.decode()
        assert "one busy time" in page
        assert "hx-trigger" not in page[page.index("outside-rows") : page.index("From a file")]
        assert run(days=1) == 0

    @pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe\x00"])
    def test_what_is_no_calendar_is_said_and_what_was_typed_stays(self, desk, raw):
        client = people.browser(desk.therapist)
        answer = client.post(
            f"{self.URL}outside/file/", {"name": "Old one", "file": SimpleUploadedFile("a.ics", raw)}
        )
        assert answer.status_code == 400
        assert "This is no calendar" in answer.content.decode()
        assert 'value="Old one"' in answer.content.decode()
        assert selectors.outside_list(desk.as_therapist) == []

    @pytest.mark.parametrize("raw", [b"BEGIN:VCALENDAR", EMPTY[:-20]])
    def test_what_turns_out_to_be_none_is_said_there_and_not_tried_again(self, desk, raw):
        client = people.browser(desk.therapist)
        sent = {"name": "Old one", "file": SimpleUploadedFile("a.ics", raw)}
        assert client.post(f"{self.URL}outside/file/", sent).status_code == 302
        assert run() == 0
        assert "This is no whole calendar." in client.get(self.URL).content.decode()
        row = OutsideCalendar.objects.unscoped(reason="test").get()
        assert (row.file, row.next_due_at) == (None, None)

    def test_times_of_no_calendar_and_times_that_are_over_are_swept(self, calendars, desk):
        add(desk, calendars, ics(entry()))
        assert run() == 1
        (mine,) = times(desk)
        for source_id in (uuid.uuid4(), view(desk).id):
            over = START - timedelta(days=40) if source_id == view(desk).id else START
            BusyTime.objects.create(
                therapist=desk.therapist,
                source_id=source_id,
                key="left",
                starts_at=over,
                ends_at=over + timedelta(minutes=5),
                imported_at=START,
            )
        with pytest.raises(NotAllowed):
            services.outside_sweep(desk.as_therapist, at=clock.now())
        assert services.outside_sweep(people.SYSTEM, at=START - timedelta(days=7)) == 2
        assert times(desk) == [mine]

    def test_an_address_that_is_none_is_said_and_stays(self, desk):
        client = people.browser(desk.therapist)
        answer = client.post(f"{self.URL}outside/", {"name": "Family", "url": "my calendar"})
        assert answer.status_code == 400
        assert "https:// or webcal://" in answer.content.decode()
        assert 'value="my calendar"' in answer.content.decode()

    def test_patients_are_not_asked(self, desk):
        client = people.browser(desk.patient)
        assert "Times from other calendars" not in client.get(self.URL).content.decode()
        assert client.post(f"{self.URL}outside/", {"name": "a", "url": "b"}).status_code == 403

    def test_each_fault_has_words(self, calendars, desk):
        add(desk, calendars)
        client = people.browser(desk.therapist)
        for fault in OutsideFault:
            OutsideCalendar.objects.unscoped(reason="test").update(fault=fault.value)
            assert "Could not be read" in client.get(self.URL).content.decode()
