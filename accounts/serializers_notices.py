"""The shape of notices on the wire. No rules."""

from typing import Any

from rest_framework import serializers

from accounts.types import NoticeView
from bloom.kernel import clock, fields


def notice_wire(view: NoticeView) -> dict[str, Any]:
    return {
        "id": str(view.id),
        "kind": view.kind,
        "code": view.code,
        "title": view.said.title,
        "text": view.said.text,
        "path": view.said.url,
        "created_at": clock.to_wire(view.created_at),
        "is_read": view.is_read,
    }


# What comes in ---------------------------------------------------------------------------------------------


class NoticesRead(serializers.Serializer[Any]):
    notices = serializers.ListField(
        child=fields.Id(), required=False, max_length=200, help_text="All, when left out."
    )


# What goes out, for OpenAPI: the function above writes it ---------------------------------------------------


class Notice(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField(help_text="In the language of the request.")
    text = serializers.CharField()
    path = serializers.CharField(help_text="The page that it leads to, or nothing.")
    created_at = serializers.DateTimeField()
    is_read = serializers.BooleanField()


class NoticePage(serializers.Serializer[Any]):
    results = Notice(many=True)
    next = serializers.URLField(allow_null=True)


class NoticesCount(serializers.Serializer[Any]):
    read = serializers.IntegerField(help_text="How many were unread.")
