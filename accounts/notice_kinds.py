"""The kinds of notices that accounts sends (registry.notice_kind)."""

from django.utils.translation import gettext_lazy as _

from accounts.types import NoticeChannel, RoleName
from bloom.kernel.registry import NoticeKind

SECURITY = "security"
LISTING = "listing"
CARE = "care"

KINDS = {
    SECURITY: NoticeKind(
        title=_("Security of your account"),
        hint=_(
            "Sign-ins on a new device, and changes to your password, passkeys, codes and connected accounts."
        ),
        channels={NoticeChannel.EMAIL: True},
        locked=_("This is how you find out when somebody else is in your account."),
    ),
    CARE: NoticeKind(
        title=_("Requests for care"),
        hint=_("When a request waits for you, when yours is answered, and when care ends."),
        channels={NoticeChannel.EMAIL: True},
    ),
    LISTING: NoticeKind(
        title=_("Your directory entry"),
        hint=_("What we find when we check your license, and whether patients can find you."),
        channels={NoticeChannel.EMAIL: True},
        roles=frozenset({RoleName.THERAPIST.value}),
    ),
}
