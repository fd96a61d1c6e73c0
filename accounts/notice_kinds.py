"""The kinds of notices that accounts sends (registry.notice_kind), and what each of them says."""

from django.utils.translation import gettext_lazy as _

from accounts.types import SECURITY_NOTICES, NoticeChannel, RoleName
from bloom.kernel.registry import NoticeKind, NoticeWords

SECURITY = SECURITY_NOTICES
LISTING = "listing"
CARE = "care"
PRACTICE = "practice"

_BOTH: dict[str, bool] = {NoticeChannel.APP: True, NoticeChannel.EMAIL: True}

_SECURITY_WORDS = {
    "device_new": NoticeWords(
        title=_("A new sign-in to your account"),
        text=_("%(device)s, %(moment)s (%(zone)s)%(where)s. If this was you, there is nothing to do."),
        route="sessions",
    ),
    "password_changed": NoticeWords(
        title=_("Your password was changed"),
        text=_("Other devices are signed out."),
        route="activity",
    ),
    "password_reset": NoticeWords(
        title=_("Your password was changed by mail"),
        text=_("All devices were signed out."),
        route="activity",
    ),
    "password_reset_tokens": NoticeWords(
        title=_("Your password was changed by mail"),
        text=_("All devices were signed out, and your API tokens are revoked."),
        route="activity",
    ),
    "recovery_code_used": NoticeWords(
        title=_("A recovery code was used"),
        text=_("One of your recovery codes was used to show that it is you. Left: %(count)s."),
        route="security",
    ),
    "recovery_codes_made": NoticeWords(
        title=_("New recovery codes were made"),
        text=_("The recovery codes that you had before open nothing any more."),
        route="security",
    ),
    "passkey_refused": NoticeWords(
        title=_("A passkey was refused"),
        text=_(
            "Its counter went back, as a copy’s would. If you do not know why, remove it and add another."
        ),
        route="security",
    ),
    "factors_failing": NoticeWords(
        title=_("Somebody tried to get past your second factor"),
        text=_(
            "Several wrong codes or passkeys were shown, mostly after the right password. If this was not"
            " you, choose another password."
        ),
        route="activity",
    ),
    "app_added": NoticeWords(
        title=_("An authenticator app was added"),
        text=_("From now on Bloom asks for its codes when you sign in."),
        route="security",
    ),
    "passkey_added": NoticeWords(
        title=_("A passkey was added"), text=_("You can sign in with it from now on."), route="security"
    ),
    "app_removed": NoticeWords(
        title=_("The authenticator app was removed"),
        text=_("Its codes open nothing any more."),
        route="security",
    ),
    "passkey_removed": NoticeWords(
        title=_("A passkey was removed"), text=_("It opens nothing any more."), route="security"
    ),
    "factors_reset": NoticeWords(
        title=_("Your second factors were reset"),
        text=_("An administrator took them away, because they were lost. You are signed out everywhere."),
        route="security",
    ),
    "role_given": NoticeWords(
        title=_("You were given a role in Bloom"),
        text=_(
            "An administrator made you %(platform_role)s. You were signed out everywhere;"
            " please sign in again."
        ),
        route="activity",
    ),
    "role_ended": NoticeWords(
        title=_("A role of yours in Bloom has ended"),
        text=_("An administrator took back your role as %(platform_role)s. You were signed out everywhere."),
        route="activity",
    ),
    "token_made": NoticeWords(
        title=_("An API token was made"),
        text=_("With it a program can use Bloom in your name, as far as you allowed."),
        route="tokens",
    ),
    "feed_made": NoticeWords(
        title=_("An address for your calendar was made"),
        text=_("Whoever has it reads when you have appointments. If this was not you, end it."),
        route="calendar_settings",
    ),
    "feed_ended": NoticeWords(
        title=_("The address of your calendar was ended"),
        text=_(
            "Your account’s protection has changed, so it opens nothing any more. You can make another one."
        ),
        route="calendar_settings",
    ),
    "provider_linked": NoticeWords(
        title=_("%(provider)s was connected"),
        text=_("From now on you can sign in with this %(provider)s account."),
        route="connected",
    ),
    "provider_unlinked": NoticeWords(
        title=_("%(provider)s was removed"),
        text=_("It opens your account no more, and other devices that signed in with it are signed out."),
        route="connected",
    ),
    "email_changed": NoticeWords(
        title=_("Your email address was changed"),
        text=_("Other devices are signed out."),
        route="email",
    ),
    "email_changed_tokens": NoticeWords(
        title=_("Your email address was changed"),
        text=_("Other devices are signed out, and your API tokens are revoked."),
        route="email",
    ),
    "email_restored": NoticeWords(
        title=_("Your address was put back"),
        text=_(
            "You are signed out everywhere. The old password opens nothing any more: choose a new one with"
            " “Forgot it?” on the sign-in page, if you have not yet."
        ),
        route="email",
    ),
    "email_restored_tokens": NoticeWords(
        title=_("Your address was put back"),
        text=_(
            "You are signed out everywhere, and your API tokens are revoked. The old password opens nothing"
            " any more: choose a new one with “Forgot it?” on the sign-in page, if you have not yet."
        ),
        route="email",
    ),
    "closing": NoticeWords(
        title=_("Your account will be closed"),
        text=_("On %(day)s it is closed for good. Until then, sign in if you want to keep it."),
        route="closing",
    ),
    "kept": NoticeWords(
        title=_("Your account goes on"),
        text=_("It was going to be closed, and you came back."),
        route="activity",
    ),
    "export_ready": NoticeWords(
        title=_("The copy of your data is ready"),
        text=_("Fetch it in your settings, under “A copy of your data”, until %(until)s (%(zone)s)."),
        route="data",
    ),
    "copy_ready": NoticeWords(
        title=_("The copy that you asked for is ready"),
        text=_("Fetch it where you asked for it, until %(until)s (%(zone)s)."),
        route="copy",
        args=("topic", "about"),
    ),
}

# In a mail only that there is something: not what, and not with whom.
_ANSWER_WANTED = _("Something in Bloom waits for your answer")
_NEWS = _("There is news for you in Bloom")
_PAIR = "%(others)s"
_CARE_WORDS = {
    "asked": NoticeWords(
        title=_("A proposal for care waits for your answer"),
        text=_PAIR,
        mail_title=_ANSWER_WANTED,
        route="connection",
        args=("proposal",),
    ),
    **{
        code: NoticeWords(title=title, text=_PAIR, mail_title=_NEWS, route="connection", args=("proposal",))
        for code, title in (
            ("agreed", _("The patient has said yes; now the therapist is asked")),
            ("accepted", _("A proposal for care was accepted")),
            ("declined", _("A proposal for care was declined")),
            ("withdrawn", _("A proposal for care was taken back")),
            ("lapsed", _("A proposal for care was not answered in time")),
        )
    },
    "ended": NoticeWords(
        title=_("Care has ended"), text=_PAIR, mail_title=_NEWS, route="care", args=("assignment",)
    ),
}

_PRACTICE_WORDS = {
    "invited": NoticeWords(
        title=_("%(practice)s asks you to join"),
        text=_("The link with which you answer is in the mail that we have sent you."),
        route="practices",
    ),
    "owner_asked": NoticeWords(
        title=_("You are asked to be an owner of %(practice)s"),
        text=_(
            "An owner may do everything there. The link with which you answer is in the mail that we have"
            " sent you; until you say yes, nothing changes."
        ),
        route="practices",
    ),
    "joined": NoticeWords(
        title=_("%(person)s has joined %(practice)s"),
        text=_("Their role: %(role)s. You can change it on the practice’s page at any time."),
        route="practice_members",
        args=("practice",),
    ),
    "declined": NoticeWords(
        title=_("An invitation to %(practice)s was declined"),
        text=_("%(person)s would rather not join. Nothing else has changed."),
        route="practice_members",
        args=("practice",),
    ),
    "changed": NoticeWords(
        title=_("Your role at %(practice)s has changed"),
        text=_("You are %(role)s there from now on."),
        route="practice",
        args=("practice",),
    ),
    "removed": NoticeWords(
        title=_("You do not work at %(practice)s any more"),
        text=_("An owner has taken you out. Your account stays, and so does what is yours."),
        route="practices",
    ),
    "left": NoticeWords(
        title=_("%(person)s has left %(practice)s"),
        text=_("They see nothing of the practice any more."),
        route="practice_members",
        args=("practice",),
    ),
}

_LISTING_WORDS = {
    "verified": NoticeWords(
        title=_("You are verified, and patients can find you"),
        text=_("You are in the directory of therapists from now on."),
        route="listing_settings",
    ),
    "refused": NoticeWords(
        title=_("Your listing in Bloom needs another look"),
        text=_("Somebody has looked at it and could not confirm it yet. What they wrote stands there."),
        route="listing_settings",
    ),
}

KINDS = {
    SECURITY: NoticeKind(
        title=_("Security of your account"),
        hint=_(
            "Sign-ins on a new device, and changes to your password, passkeys, codes and connected accounts."
        ),
        channels=_BOTH,
        words=_SECURITY_WORDS,
        locked=_("This is how you find out when somebody else is in your account."),
    ),
    CARE: NoticeKind(
        title=_("Requests for care"),
        hint=_("When a request waits for you, when yours is answered, and when care ends."),
        channels=_BOTH,
        words=_CARE_WORDS,
        mail="care",
        scope="assignments:read",
    ),
    PRACTICE: NoticeKind(
        title=_("Practices"),
        hint=_("When one asks you to join, when your role there changes, and who joins or leaves yours."),
        channels=_BOTH,
        words=_PRACTICE_WORDS,
        mail="practice",
        in_practice=True,
    ),
    LISTING: NoticeKind(
        title=_("Your directory entry"),
        hint=_("What we find when we check your license, and whether patients can find you."),
        channels=_BOTH,
        words=_LISTING_WORDS,
        mail="listing",
        roles=frozenset({RoleName.THERAPIST.value}),
    ),
}
