"""A search in an address: for its person alone, and nothing that anybody else could read."""

import base64
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import RequestFactory

from bloom.kernel import searches
from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import Unauthenticated

pytestmark = pytest.mark.django_db
NAMES = ("q", "specialty")
SAID = [("q", "grief & loss"), ("specialty", "depression"), ("specialty", "ocd")]


def somebody():
    return Actor(user_id=uuid4(), via=Via.WEB)


def asked(actor, address, form=None, headers=None):
    make = RequestFactory()
    request = (
        make.get(address, headers=headers) if form is None else make.post(address, form, headers=headers)
    )
    request.actor = actor
    return searches.search_read(request, NAMES)


def test_its_person_finds_what_they_looked_for():
    actor = somebody()
    address = searches.search_address(actor, "/find/", SAID, cursor="abc")
    for word in ("grief", "depression", "ocd", "specialty"):
        assert word not in address
    assert parse_qs(urlsplit(address).query)["cursor"] == ["abc"]
    found = asked(actor, address)
    assert found.is_settled
    assert list(found.said.lists()) == [("q", ["grief & loss"]), ("specialty", ["depression", "ocd"])]


def test_who_looks_for_nothing_has_a_plain_address():
    assert searches.search_address(somebody(), "/find/", [], cursor="") == "/find/"
    found = asked(somebody(), "/find/?cursor=abc&q=")
    assert found.is_settled
    assert not found.said.get("q")


def test_nobody_else_opens_it_and_nothing_that_was_changed():
    actor = somebody()
    sealed = searches.search_seal(actor, "specialty=depression")
    blob = bytearray(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    blob[-1] ^= 1
    changed = base64.urlsafe_b64encode(blob).decode().rstrip("=")
    assert searches.search_open(actor, sealed) == "specialty=depression"
    assert searches.search_open(somebody(), sealed) == ""
    for other in (changed, sealed[:40], "specialty=depression", "", "é", "\x00"):
        assert searches.search_open(actor, other) == ""
    assert not asked(somebody(), f"/find/?search={sealed}").is_settled
    assert not asked(actor, f"/find/?search={changed}").is_settled


def test_two_searches_look_alike_and_one_never_the_same():
    actor = somebody()
    short, long = (searches.search_seal(actor, text) for text in ("q=a", "specialty=chronic_illness&q=b"))
    assert len(short) == len(long)
    assert searches.search_seal(actor, "q=a") != short


def test_a_form_and_an_old_address_are_sent_on_and_a_part_of_a_page_is_not():
    actor = somebody()
    sent = asked(actor, "/find/", {"specialty": ["ocd", "grief"]})
    assert not sent.is_settled
    assert sent.said.getlist("specialty") == ["ocd", "grief"]
    assert asked(actor, "/find/", {"q": "x"}, {"HX-Request": "true"}).is_settled
    old = asked(actor, "/find/?specialty=ocd")
    assert not old.is_settled
    assert old.said["specialty"] == "ocd"
    # However it is hidden behind another.
    sealed = searches.search_seal(actor, "specialty=grief")
    for hidden in ("?specialty=ocd&specialty=", f"?search={sealed}&specialty=ocd"):
        assert not asked(actor, f"/find/{hidden}").is_settled


def test_who_is_not_signed_in_looks_for_nothing():
    nobody = Actor.anonymous(via=Via.WEB)
    for address, form in (("/find/?search=x", None), ("/find/", {"q": "x"})):
        with pytest.raises(Unauthenticated):
            asked(nobody, address, form)
