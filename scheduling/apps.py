from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "scheduling"
    label = "scheduling"

    def ready(self) -> None:
        from django.conf import settings

        from bloom.kernel import registry
        from scheduling import (
            cards,
            handlers,
            handlers_endings,
            handlers_feeds,
            handlers_waiting,
            leaving,
            notice_kinds,
            notices_waiting,
            seed,
            seed_appointments,
            selectors,
        )
        from scheduling.rules import feeds
        from scheduling.telehealth import wiring

        wiring.register()
        for happened, handler in (
            ("assignment.ended", handlers_endings.assignment_ended_appointments_end),
            ("membership.ended", handlers_endings.membership_changed_appointments_end),
            ("membership.changed", handlers_endings.membership_changed_appointments_end),
            ("role.revoked", handlers_endings.role_revoked_appointments_end),
            ("listing.refused", handlers_endings.listing_refused_appointments_end),
            ("account.closing", handlers_endings.account_closing_appointments_end),
        ):
            registry.subscribe(f"accounts.{happened}", "scheduling.appointments_end", handler)
        for happened, handler in (
            ("role.revoked", handlers_endings.role_revoked_outside_end),
            ("account.closing", handlers_endings.account_closing_outside_end),
        ):
            registry.subscribe(f"accounts.{happened}", "scheduling.outside_end", handler)
        for happened in (
            "appointment.cancelled",
            "appointment.moved",
            "calendar.changed",
            "date_exception.added",
            "date_exception.removed",
            "service.added",
            "service.changed",
            "service.retired",
        ):
            registry.subscribe(
                f"scheduling.{happened}",
                "scheduling.waitlist_nudge",
                handlers_waiting.time_freed_waitlist_nudge,
            )
        for happened, handler in (
            ("accounts.assignment.ended", handlers_waiting.assignment_ended_waitlist_recheck),
            ("accounts.membership.ended", handlers_waiting.therapist_changed_waitlist_recheck),
            ("accounts.membership.changed", handlers_waiting.therapist_changed_waitlist_recheck),
            ("accounts.role.revoked", handlers_waiting.therapist_changed_waitlist_recheck),
            ("accounts.listing.refused", handlers_waiting.therapist_changed_waitlist_recheck),
            ("accounts.listing.changed", handlers_waiting.listing_changed_offers_recheck),
            ("accounts.listing.hidden", handlers_waiting.listing_changed_offers_recheck),
            ("scheduling.service.changed", handlers_waiting.service_changed_waitlist_recheck),
            ("scheduling.service.retired", handlers_waiting.service_changed_waitlist_recheck),
        ):
            registry.subscribe(happened, "scheduling.waitlist_recheck", handler)
        registry.subscribe(
            "accounts.account.closing",
            "scheduling.waitlist_leave",
            handlers_waiting.account_closing_waitlist_leave,
        )
        for happened in (*feeds.ENDS_ALWAYS, feeds.PASSWORD, feeds.SESSION):
            registry.subscribe(happened, "scheduling.feed_end", handlers_feeds.way_in_ended_feed_end)
        registry.notice_kind.register(notices_waiting.WAITLIST, notices_waiting.WAITLIST_KIND, order=9)
        for happened in ("booked", "confirmed", "moved", "cancelled"):
            registry.subscribe(
                f"scheduling.appointment.{happened}",
                "scheduling.reminders_follow",
                handlers_waiting.appointment_changed_reminders_follow,
            )
        reminded = notices_waiting.reminders_kind(selectors.reminder_link)
        registry.notice_kind.register(notices_waiting.REMINDERS, reminded, order=8)
        registry.ending.register("appointments", leaving.appointments_told, order=10)
        for happened in ("booked", "confirmed", "moved", "cancelled"):
            registry.subscribe(
                f"scheduling.appointment.{happened}", "scheduling.appointment_tell", handlers.appointment_told
            )
        told = notice_kinds.kind(selectors.invitation_parts, selectors.where_line)
        registry.notice_kind.register(notice_kinds.APPOINTMENTS, told, order=7)
        if settings.DEV_PAGES:
            from scheduling.integrations.outside.fake import CalendarsFake

            registry.sandbox.register("calendars", CalendarsFake)
        registry.seed.register("scheduling", seed.calendars, order=20)
        registry.seed.register("appointments", seed_appointments.appointments, order=21)
        registry.name_kept.register("scheduling", selectors.name_is_kept)
        registry.export.register("scheduling", selectors.export_parts, order=40)
        registry.card.register("today", cards.today, order=7)
        registry.card.register("practice", cards.practice, order=8)
        registry.card.register("calendar", cards.calendar, order=25)
        registry.first_step.register("booking", cards.first_booking)
        registry.first_step.register("hours", cards.own_hours)
