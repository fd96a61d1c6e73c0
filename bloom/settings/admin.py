"""The Django admin in Bloom's look (the tokens of assets/css/tokens.css, in Unfold's scale of shades)."""

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _for_admins(request):
    return request.actor.has_role("admin")


def _page(title, icon, model, permission=None):
    entry = {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}
    return {**entry, "permission": permission} if permission else entry


UNFOLD = {
    "SITE_TITLE": "Bloom",
    "SITE_HEADER": "Bloom",
    "SITE_URL": "/dashboard/",
    "SITE_ICON": lambda request: static("img/favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")}
    ],
    "STYLES": [lambda request: static("css/admin.css")],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "12px",
    "COLORS": {
        "base": {
            "50": "oklch(98.5% .006 95)",
            "100": "oklch(96% .008 110)",
            "200": "oklch(90.5% .01 120)",
            "300": "oklch(83% .013 140)",
            "400": "oklch(70% .018 150)",
            "500": "oklch(55% .02 160)",
            "600": "oklch(44% .02 163)",
            "700": "oklch(35% .019 165)",
            "800": "oklch(26.5% .016 168)",
            "900": "oklch(22.5% .014 170)",
            "950": "oklch(19% .012 170)",
        },
        "primary": {
            "50": "oklch(97% .015 168)",
            "100": "oklch(94% .03 168)",
            "200": "oklch(88% .055 168)",
            "300": "oklch(82% .08 168)",
            "400": "oklch(77% .095 168)",
            "500": "oklch(60% .09 168)",
            "600": "oklch(43% .075 168)",
            "700": "oklch(38% .068 168)",
            "800": "oklch(33% .058 168)",
            "900": "oklch(28% .046 168)",
            "950": "oklch(21% .032 168)",
        },
    },
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "title": _("People"),
                "items": [
                    _page(_("People"), "group", "accounts_user"),
                    _page(_("Therapists to check"), "verified_user", "accounts_listing"),
                    _page(_("Requests for care"), "handshake", "accounts_proposal"),
                    _page(_("Practices"), "home_health", "accounts_practice"),
                    _page(_("Memberships"), "badge", "accounts_membership"),
                    _page(_("Assignments"), "diversity_1", "accounts_assignment"),
                    _page(_("API tokens"), "key", "accounts_apitoken"),
                ],
            },
            {
                "title": _("Moderation"),
                "separator": True,
                "items": [_page(_("Messages to look at"), "shield", "messaging_queueitem")],
            },
            {
                "title": _("The record"),
                "separator": True,
                "items": [
                    _page(_("Events"), "history", "observability_event", _for_admins),
                    _page(_("Deliveries"), "outbox", "observability_delivery", _for_admins),
                    _page(_("Seals"), "verified", "observability_sealbatch", _for_admins),
                    _page(_("Messages"), "forum", "messaging_messageaudit", _for_admins),
                ],
            },
        ],
    },
}
