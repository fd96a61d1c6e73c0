"""The Django admin in Bloom's look."""

UNFOLD = {
    "SITE_TITLE": "Bloom",
    "SITE_HEADER": "Bloom",
    "SITE_URL": "/dashboard/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
}
