"""The pages of messages as a browser without a script has them."""

import re
import uuid
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.tests import factories as people


def signed_in(user: Any) -> Client:
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = people.session_key(user)
    return client


def page(client: Client, conversation_id: uuid.UUID, query: str = "") -> str:
    response = client.get(reverse("conversation", args=[conversation_id]) + query)
    assert response.status_code == 200
    return response.content.decode()


def post_message(client: Client, conversation_id: uuid.UUID, body: str, client_id: Any = None) -> Any:
    return client.post(
        reverse("conversation_send", args=[conversation_id]),
        {"body": body, "client_id": client_id or uuid.uuid4()},
    )


def articles(html: str) -> list[str]:
    shown = html[html.index("data-items") : html.index('<template id="message-own">')]
    return re.findall(r"<article.*?</article>", shown, re.DOTALL)
