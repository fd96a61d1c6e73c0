"""The record in the admin."""

import uuid
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest
from django.test import RequestFactory

from bloom.kernel.actor import Actor, Via
from observability import services
from observability.models import Delivery, Event, SealBatch
from observability.tests.conftest import AT, lamp_light

MODELS = [Event, Delivery, SealBatch]


def asked(*roles: str) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.actor = Actor(user_id=uuid.uuid4(), via=Via.WEB, roles=frozenset(roles))  # type: ignore[attr-defined]
    request.user = get_user_model()(email="ada@example.org", name="Ada")
    request.user.is_verified = lambda: True  # as django-otp's middleware does for who has shown a factor
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize("model", MODELS)
def test_administrators_read_and_nobody_changes(model: Any) -> None:
    page = admin.site._registry[model]
    assert page.has_view_permission(asked("admin"))
    assert page.has_module_permission(asked("admin"))
    for roles in (("support",), ("therapist",), ("patient",), ()):
        assert not page.has_view_permission(asked(*roles))
        assert not page.has_module_permission(asked(*roles))
    for request in (asked("admin"), asked("support")):
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_rows_render(db: None, system: Actor, subscribed: Any, model: Any) -> None:
    subscribed(lambda actor, event: None)
    lamp_light(system)
    services.seal_run(system, at=AT)
    page = admin.site._registry[model]
    answer = page.changelist_view(asked("admin")).render()
    assert answer.status_code == 200
    assert "1 " in answer.content.decode()
    row = page.get_queryset(asked("admin")).get()
    answer = page.change_view(asked("admin"), str(row.pk)).render()
    assert answer.status_code == 200


def test_try_again_gives_the_dead_another_round(db: None, system: Actor, subscribed: Any) -> None:
    subscribed(lambda actor, event: None)
    lamp_light(system)
    lamp_light(system)
    dead = Delivery.objects.all()[0]
    Delivery.objects.filter(pk=dead.pk).update(state="dead", attempts=16)
    request = asked("admin")
    page: Any = admin.site._registry[Delivery]
    page.try_again(request, Delivery.objects.all())
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("pending", 0)
    assert [str(message) for message in get_messages(request)] == ["1 delivery is tried again."]


def test_try_again_is_for_administrators(db: None, system: Actor, subscribed: Any) -> None:
    subscribed(lambda actor, event: None)
    lamp_light(system)
    Delivery.objects.update(state="dead")
    page: Any = admin.site._registry[Delivery]
    page.try_again(asked("support"), Delivery.objects.all())
    assert Delivery.objects.get().state == "dead"
