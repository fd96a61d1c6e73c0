"""The conversation's room: what it hears of others, and what it tells them of itself."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    label = "messaging"

    def ready(self) -> None:
        from django.conf import settings

        from accounts.events import AssignmentEnded, AssignmentStarted, ProposalAlarmed
        from bloom.kernel import registry
        from bloom.realtime import registry as realtime
        from messaging import (
            alarms,
            audit,
            cards,
            copies,
            feed,
            frames,  # noqa: F401 - registers the frames that clients may send
            handlers,
            metrics,
            notice_kinds,
            seed,
            selectors,
        )
        from messaging.moderation import live
        from scheduling.events import AppointmentAlarmed

        # A threshold that cannot hold stops the start, not a message.
        live.thresholds_read(settings.MODERATION_THRESHOLDS)
        metrics.register()
        if settings.DEV_PAGES:
            from messaging.integrations.openai.fake import OpenAiFake

            registry.sandbox.register("openai", OpenAiFake)

        for event in (AssignmentStarted, AssignmentEnded):
            registry.subscribe(event.name, "messaging.conversation_follow", handlers.assignment_changed)
        for alarmed, handler in (
            (AppointmentAlarmed, handlers.appointment_alarmed),
            (ProposalAlarmed, handlers.proposal_alarmed),
        ):
            registry.subscribe(alarmed.name, "messaging.alert_raise", handler)
        realtime.feed_register("conversation", feed.ConversationFeed(), scope="conversations:read")
        realtime.circles_register(feed.circles)
        registry.seal.register(audit.AUDIT_SOURCE.name, audit.AUDIT_SOURCE)
        registry.witness.register("messaging", audit.messages_witness)
        registry.export.register("messaging", selectors.export_parts, order=30)
        registry.hook.register(
            "messages",
            registry.HookSource(
                source=audit.AUDIT_SOURCE.name, titles=selectors.MESSAGES, read=selectors.messages_hooked
            ),
            order=10,
        )
        registry.hook.register(
            "conversations",
            registry.HookSource(
                source="observability.event",
                titles=selectors.CONVERSATIONS,
                read=selectors.conversations_hooked,
            ),
            order=20,
        )
        registry.copy_topic.register("conversation", copies.TOPIC)
        registry.notice_kind.register(notice_kinds.ALERTS, notice_kinds.ALERTS_KIND, order=4)
        registry.notice_kind.register(notice_kinds.MESSAGES, notice_kinds.KIND, order=5)
        registry.notice_kind.register(notice_kinds.LATER, notice_kinds.LATER_KIND, order=6)
        registry.seed.register("messaging", seed.conversations, order=30)
        registry.alarm.register("messaging", alarms.text_alarms)
        registry.card.register("crisis_alerts", cards.crisis_alerts, order=5)
        registry.card.register("alerts_beyond", cards.alerts_beyond, order=6)
        registry.card.register("moderation_waiting", cards.moderation_waiting, order=15)
        registry.card.register("messages", cards.messages, order=20)
