"""The administration's part of the permission table."""

from bloom.tests.permissions.rows import Row, route

# fmt: off
#                                                      anon pat  oth  ther oth  supp adm
ADMIN = [
    route("GET",  "admin/",                            "in  403@ 403@ 403@ 403@ 200 200"),
    route("GET",  "admin/search/",                     "in  403@ 403@ 403@ 403@ 200 200"),
    route("GET",  "admin/login/",                      "in  403@ 403@ 403@ 403@ 403 403"),
    route("POST", "admin/login/",                      "in  403@ 403@ 403@ 403@ 403 403", body=lambda ids: ids["sign_in"]),
    route("GET",  "admin/logout/",                     "302= 302= 302= 302= 302= 302= 302="),
    route("POST", "admin/logout/",                     "302= 302 302 302 302 302 302"),
    route("GET",  "admin/password_change/",            "in  403@ 403@ 403@ 403@ 302= 302="),
    route("GET",  "admin/password_change/done/",       "in  403@ 403@ 403@ 403@ 200 200"),
    route("GET",  "admin/autocomplete/",               "in  403@ 403@ 403@ 403@ 403 403"),
    route("GET",  "admin/jsi18n/",                     "in  403@ 403@ 403@ 403@ 200 200"),
    route("GET",  "admin/r/<path:content_type_id>/<path:object_id>/",
                                                       "in  403@ 403@ 403@ 403@ 404 404", path="admin/r/0/0/"),
    route("GET",  "admin/(?P<app_label>observability|accounts|messaging)/$",
                                                       "in  403@ 403@ 403@ 403@ 200 200", path="admin/accounts/"),
    route("GET",  "admin/(?P<url>.*)$",                "in  403@ 403@ 403@ 403@ 404 404", path="admin/nowhere/"),
]


def admin_rows(model: str, thing: str, *, listed: str = "200 200", seen: str = "200 200", refused: str = "403! 403!") -> list[Row]:
    """The routes of one table in the admin. `listed` is what support and admins get for its list, `seen` for
    looking at one row (`thing` in `world.py`), `refused` for changing or deleting it, which nobody does there.
    """
    closed, row = "in 403@ 403@ 403@ 403@ ", f"admin/{model}/<path:object_id>/"
    return [
        route("GET",  f"admin/{model}/",     closed + listed),
        route("POST", f"admin/{model}/",     closed + listed.replace("200", "200="), body=lambda ids: {"action": "nothing"}),
        route("GET",  f"admin/{model}/add/", closed + "403 403"),
        route("POST", f"admin/{model}/add/", closed + "403 403", body=lambda ids: {"name": "x"}),
        route("GET",  row,                   closed + "302= 302=", object=thing),
        route("GET",  f"{row}change/",       closed + seen, object=thing),
        route("POST", f"{row}change/",       closed + refused, object=thing, body=lambda ids: {"name": "x"}),
        route("GET",  f"{row}history/",      closed + seen, object=thing),
        route("GET",  f"{row}delete/",       closed + refused, object=thing),
        route("POST", f"{row}delete/",       closed + refused, object=thing, body=lambda ids: {"post": "yes"}),
    ]


ADMIN += [
    *admin_rows("accounts/user",           "person_id"),
    # Without a deed and people there is nothing to ask: accounts/tests/test_admin_deeds.py has those.
    route("GET",  "admin/accounts/user/deed/",         "in  403@ 403@ 403@ 403@ 403 404"),
    route("POST", "admin/accounts/user/deed/",         "in  403@ 403@ 403@ 403@ 403 404", body=lambda ids: {"sure": "yes"}),
    *admin_rows("accounts/practice",       "practice_id"),
    *admin_rows("accounts/membership",     "membership_id"),
    *admin_rows("accounts/assignment",     "assignment_id"),
    *admin_rows("accounts/apitoken",       "token_id", seen="404! 200", refused="404! 403!"),
    *admin_rows("accounts/listing",        "listing_id"),
    *admin_rows("accounts/proposal",       "proposal_id"),
    *admin_rows("messaging/queueitem",     "audit_id"),
    *admin_rows("messaging/messageaudit",  "audit_id", seen="404! 200", refused="404! 403!"),
    *admin_rows("observability/event",     "event_id", listed="403 200", seen="404! 200", refused="404! 403!"),
    *admin_rows("observability/delivery",  "delivery_id", listed="403 200", seen="403! 200", refused="403! 403!"),
    *admin_rows("observability/sealbatch", "seal_number", listed="403 200", seen="403 200", refused="403 403"),
]
# fmt: on
