"""What telehealth plugs in where; called by the room's `apps.py` alone."""

from django.conf import settings

from bloom.kernel import registry


def register() -> None:
    """Its ears for appointments, and for who works where; and fakes of the vendors, outside production."""
    from scheduling.telehealth import handlers, tasks  # noqa: F401 - beat asks for them by name

    for happened in ("booked", "confirmed", "moved", "cancelled"):
        registry.subscribe(
            f"scheduling.appointment.{happened}", "scheduling.meeting_follow", handlers.appointment_changed
        )
    registry.subscribe("scheduling.meeting.happened", "scheduling.meeting_begin", handlers.meeting_happened)
    for happened in ("cancelled", "moved"):
        registry.subscribe(
            f"scheduling.appointment.{happened}", "scheduling.room_close", handlers.appointment_off
        )
    for happened in ("ended", "changed"):
        registry.subscribe(
            f"accounts.membership.{happened}", "scheduling.credential_leave", handlers.membership_changed
        )
    if settings.DEV_PAGES:
        from scheduling.integrations.meet.fake import MeetFake
        from scheduling.integrations.zoom.fake import ZoomMeetingsFake

        registry.sandbox.register("meet", MeetFake)
        registry.sandbox.register("zoom-meetings", ZoomMeetingsFake)
