"""The way back leads to a page of ours, whatever an address was made to look like."""

import pytest
from django.test import RequestFactory

from bloom.kernel.referrers import came_from


@pytest.mark.parametrize(
    ("referer", "address"),
    [
        ("http://testserver/page/7/?a=1&b=2", "/page/7/?a=1&b=2"),
        ("http://testserver", "/"),
        ("https://testserver/page/", "/page/"),
        ("http://testserver//elsewhere.example/login", "/%2Felsewhere.example/login"),
        ("http://testserver/\\elsewhere.example/login", ""),
        ("http://elsewhere.example/page/", ""),
        ("http://testserver@elsewhere.example/", ""),
        ("//testserver.elsewhere.example/", ""),
        ("/page/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_it_is_a_page_of_ours_or_none(referer, address):
    assert came_from(RequestFactory().get("/", headers={"Referer": referer})) == address
