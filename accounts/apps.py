from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    label = "accounts"

    def ready(self) -> None:
        from allauth.account import signals as account_signals
        from allauth.mfa import signals as mfa_signals
        from django.conf import settings
        from django.contrib.auth import signals as auth_signals

        from accounts import cards, handlers, notice_kinds, seed, seed_connections, seed_places, selectors
        from accounts.integrations.oauth import http
        from bloom.kernel import registry

        auth_signals.user_logged_in.connect(handlers.user_logged_in)
        auth_signals.user_logged_out.connect(handlers.user_logged_out)
        auth_signals.user_login_failed.connect(handlers.user_login_failed)
        account_signals.password_changed.connect(handlers.password_changed)
        account_signals.password_reset.connect(handlers.password_reset)
        account_signals.email_confirmed.connect(handlers.email_confirmed)
        mfa_signals.authenticator_used.connect(handlers.authenticator_used)

        registry.card.register("first_steps", cards.first_steps, order=10)
        registry.card.register("workplace", cards.workplace, order=10)
        registry.card.register("staff_waiting", cards.staff_waiting, order=10)
        registry.export.register("accounts", selectors.export_parts, order=10)
        for order, (key, kind) in enumerate(notice_kinds.KINDS.items()):
            registry.notice_kind.register(key, kind, order=order)
        registry.seed.register("accounts", seed.people, order=10)
        registry.seed.register("places", seed_places.places, order=11)
        registry.seed.register("connections", seed_connections.connections, order=12)
        http.register()
        if settings.DEV_PAGES:
            from accounts.integrations.nppes import fake as nppes
            from accounts.integrations.oauth import fake

            registry.sandbox.register("google", fake.GoogleFake)
            registry.sandbox.register("nppes", nppes.NppesFake)
            registry.sandbox.register("zoom", fake.ZoomFake)
