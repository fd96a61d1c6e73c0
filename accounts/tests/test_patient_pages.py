"""A therapist's list of patients, and a practice's: looked through by name, page by page."""

import re

import pytest
from django.urls import reverse

from accounts.tests import factories as make

pytestmark = pytest.mark.django_db


def names(html):
    return re.findall(r"<bdi>(Pat [^<]+)</bdi>", html)


@pytest.fixture
def house():
    therapist = make.therapist()
    for number in range(53):
        make.assignment(make.patient(name=f"Pat {number:02}"), therapist)
    make.assignment(make.patient(name="Somebody Else"), therapist)
    return therapist


@pytest.mark.parametrize("route", ["patients", "practice_patients"])
def test_a_list_is_looked_through_by_name_and_page_by_page(house, route):
    address = reverse(route, args=[] if route == "patients" else [make.practice_of(house)])
    client = make.browser(house)
    first = client.get(address, {"q": "pat"}).content.decode()
    assert len(names(first)) == 50
    assert "Somebody Else" not in first
    more = re.search(r'href="(\?[^"]*cursor=[^"]+)"', first)
    second = client.get(address + more[1].replace("&amp;", "&")).content.decode()
    assert len(names(second)) == 3
    assert set(names(first)).isdisjoint(names(second))
    assert names(client.get(address, {"q": "Pat 07"}).content.decode()) == ["Pat 07"]
    assert "Nobody of that name" in client.get(address, {"q": "zzz"}).content.decode()


@pytest.mark.parametrize("bad", ["\x00", "%", "_", "'; --", "x" * 5000])
def test_whatever_is_typed_is_text(house, bad):
    answer = make.browser(house).get("/patients/", {"q": bad})
    assert answer.status_code in {200, 400}
    assert names(answer.content.decode()) == []
