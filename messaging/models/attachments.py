"""Files that stand under messages."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from bloom.kernel.actor import Actor
from bloom.kernel.guard import PrivateModel
from bloom.kernel.vault import SealedField
from messaging.models.conversations import Conversation, Message, member_of


class Attachment(PrivateModel):
    """One file under a message, its name sealed. Its id is that of the upload it was, so that no upload
    stands under two messages; `number` is its place. The file itself, and the small picture of one, are kept
    by `bloom.files`.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    file_id = models.UUIDField()
    thumbnail_id = models.UUIDField(null=True)
    name = SealedField()
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[Any]] = [
            models.UniqueConstraint(fields=["message", "number"], name="messaging_attachment_once"),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Whoever takes part; whether they see the message now, is asked beside (`rules.sight`)."""
        return member_of(actor, "conversation_id", seq="message__seq")
