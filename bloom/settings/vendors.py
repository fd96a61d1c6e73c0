"""Where the vendors are: the real ones, or the sandbox's fakes at the same paths.

A line for each address that Bloom asks. Code reads it from here when it asks, so a test can name another.
"""

from urllib.parse import urlsplit

from bloom.settings.environment import ENVIRONMENT


def vendor_url(real: str, fake: str, *, has_keys: bool = False) -> str:
    """`real`, or its path at the sandbox's fake of that name. Who has keys of a vendor's means the vendor."""
    if has_keys or not ENVIRONMENT.sandbox_url:
        return real
    return f"{ENVIRONMENT.sandbox_url.rstrip('/')}/{fake}{urlsplit(real).path}"


_google, _zoom = bool(ENVIRONMENT.google_client_id), bool(ENVIRONMENT.zoom_client_id)
VENDOR_URLS = {
    "google_issuer": vendor_url("https://accounts.google.com", "google", has_keys=_google),
    "google_authorize": vendor_url(
        "https://accounts.google.com/o/oauth2/v2/auth", "google", has_keys=_google
    ),
    "google_token": vendor_url("https://oauth2.googleapis.com/token", "google", has_keys=_google),
    "google_keys": vendor_url("https://www.googleapis.com/oauth2/v3/certs", "google", has_keys=_google),
    "zoom_authorize": vendor_url("https://zoom.us/oauth/authorize", "zoom", has_keys=_zoom),
    "zoom_token": vendor_url("https://zoom.us/oauth/token", "zoom", has_keys=_zoom),
    "nppes": vendor_url("https://npiregistry.cms.hhs.gov/api/", "nppes"),
    "openai": vendor_url("https://api.openai.com/v1", "openai", has_keys=bool(ENVIRONMENT.openai_api_key)),
    # Their keys are those of practices: in development all of them lead to the fakes.
    "zoom_api": vendor_url("https://api.zoom.us/v2", "zoom-meetings"),
    "zoom_meetings_token": vendor_url("https://zoom.us/oauth/token", "zoom-meetings"),
    "meet_api": vendor_url("https://meet.googleapis.com/v2", "meet"),
    "meet_events": vendor_url("https://workspaceevents.googleapis.com/v1", "meet"),
    "meet_token": vendor_url("https://oauth2.googleapis.com/token", "meet"),
    "meet_keys": vendor_url("https://www.googleapis.com/oauth2/v3/certs", "meet"),
    "zoom_profile": vendor_url("https://api.zoom.us/v2/users/me", "zoom", has_keys=_zoom),
}
# Whether webhooks may stay within the operator's own network; the sandbox's receiver is on this machine.
WEBHOOKS_PRIVATE = ENVIRONMENT.webhooks_private or bool(ENVIRONMENT.sandbox_url)
# What browsers are told so that they reach each other (scheduling.telehealth.rules.turn).
STUN_URLS = ENVIRONMENT.stun_urls
TURN_URLS = ENVIRONMENT.turn_urls
TURN_SECRET = ENVIRONMENT.turn_secret
VIDEO_RELAY = ENVIRONMENT.video_relay
