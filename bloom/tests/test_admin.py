"""Every list of the admin, whatever somebody types into its search."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.tests import factories as people
from messaging.tests import factories
from observability import services as observability_services

pytestmark = pytest.mark.django_db

SEARCHED = [model for model, page in admin.site._registry.items() if page.search_fields]


@pytest.mark.parametrize("model", SEARCHED, ids=lambda model: model._meta.label)
def test_any_words_are_an_answer(model, settings):
    talk = factories.talk()
    factories.send(talk.as_patient, talk.id)
    observability_services.seal_run(people.SYSTEM, at=factories.AT, everything=True)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(people.admin())
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    for words in ("x", "a b", "%_", "\x00", "🙂" * 300, "1e400", str(talk.id), str(talk.id)[:-1]):
        assert client.get(address, {"q": words}, follow=True).status_code == 200, words
