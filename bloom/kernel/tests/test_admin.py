from uuid import uuid4

import pytest
from django.contrib.admin import AdminSite
from django.test import RequestFactory

from bloom.kernel.actor import Actor, Via
from bloom.kernel.admin import PrivateAdmin
from bloom.kernel.tests import tables
from bloom.kernel.tests.tables import Box, Note

pytestmark = pytest.mark.django_db


class BoxAdmin(PrivateAdmin):
    ordering = ["-label"]


@pytest.fixture
def request_of_me():
    tables.create(Box, Note)
    request = RequestFactory().get("/admin/")
    request.actor = Actor(user_id=uuid4(), via=Via.WEB)
    return request


def test_the_admin_shows_what_its_viewer_may_see(request_of_me):
    me = request_of_me.actor.user_id
    Box.objects.bulk_create([Box(owner_id=me, label="a"), Box(owner_id=me, label="b"), Box(owner_id=uuid4())])
    rows = BoxAdmin(Box, AdminSite()).get_queryset(request_of_me)
    assert [box.label for box in rows] == ["b", "a"]


def test_nobody_sees_nothing(request_of_me):
    Box.objects.create(owner_id=uuid4())
    del request_of_me.actor
    assert not BoxAdmin(Box, AdminSite()).get_queryset(request_of_me).exists()


def test_it_is_read_only(request_of_me):
    admin = BoxAdmin(Box, AdminSite())
    assert not admin.has_add_permission(request_of_me)
    assert not admin.has_change_permission(request_of_me)
    assert not admin.has_delete_permission(request_of_me)
