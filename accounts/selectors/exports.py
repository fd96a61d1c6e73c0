"""Copies of one's own data."""

from uuid import UUID

from accounts import links
from accounts.models import DataExport
from accounts.types import (
    ExportState,
    ExportView,
)
from bloom.kernel import registry
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from bloom.kernel.registry import CopyTopic

_LINK = "export"


def export_latest(actor: Actor) -> ExportView | None:
    """The copy that the actor asked for last."""
    mine = DataExport.objects.visible_to(actor).filter(topic="").order_by("-asked_at", "-id").first()
    return export_view(mine) if mine else None


def copy_topic(topic: str) -> CopyTopic:
    """A thing of which copies are made. Raises NotFound."""
    known = dict(registry.copy_topic.items()).get(topic)
    if known is None:
        raise NotFound
    return known


def copy_latest(actor: Actor, topic: str, about_id: UUID) -> ExportView | None:
    """The copy of this thing that the actor asked for last. Raises NotFound for who does not see it."""
    copy_topic(topic).title(actor, about_id)
    mine = DataExport.objects.visible_to(actor).filter(topic=topic, about_id=about_id)
    last = mine.order_by("-asked_at", "-id").first()
    return export_view(last) if last else None


def export_file(actor: Actor, export_id: UUID) -> tuple[str, str]:
    """What a copy's file is called, without a date, and its content type. Raises NotFound."""
    export = DataExport.objects.visible_to(actor).get_or_refuse(pk=export_id)
    if not export.topic:
        return "bloom-data-%s.zip", "application/zip"
    form = copy_topic(export.topic).formats[export.format]
    return f"bloom-{export.topic}-%s.{form.suffix}", form.content_type


def export_view(export: DataExport) -> ExportView:
    """A copy as its person sees it."""
    ready = export.state == ExportState.READY
    return ExportView(
        id=export.id,
        state=ExportState(export.state),
        asked_at=export.asked_at,
        made_at=export.made_at,
        expires_at=export.expires_at,
        size=export.size,
        format=export.format,
        link=links.link_write(_LINK, export.id) if ready else "",
    )


def export_of_link(link: str) -> UUID | None:
    """Which copy a link is for; None for one that we did not sign."""
    return links.link_read(_LINK, link)
