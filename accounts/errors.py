"""How accounts refuses."""

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict, NotAllowed


class EmailTaken(Conflict):
    """Somebody has this address already. Never shown to a stranger: sign-up answers the same either way."""

    code = "email_taken"
    detail = _("Someone already uses this email address.")


class AlreadyAssigned(Conflict):
    code = "already_assigned"
    detail = _("This patient is already in this therapist's care at this practice.")


class AssignmentOver(Conflict):
    code = "assignment_over"
    detail = _("This assignment has already ended.")


class CareEndedByOther(NotAllowed):
    """Whoever left this care does not find themselves in it again by the therapist's hand."""

    code = "care_ended_by_other"
    detail = _("This care was ended by the patient or by staff, so only staff can begin it again.")


class RoleHeld(Conflict):
    code = "role_held"
    detail = _("This person already has this role.")


class LastAdmin(Conflict):
    code = "last_admin"
    detail = _("Bloom needs at least one admin. Make someone else an admin first.")


class ExportUnderWay(Conflict):
    code = "export_under_way"
    detail = _("A copy of your data is being made already.")


class PatientsInCare(Conflict):
    code = "patients_in_care"
    detail = _("People are in your care. End their care, or hand it on, before you close your account.")


class PracticeNeedsOwner(Conflict):
    code = "practice_needs_owner"
    detail = _("Others work in a practice that only you own. Make one of them an owner first.")


class OwnTherapist(Conflict):
    code = "own_therapist"
    detail = _("Nobody can be their own therapist.")


class MembershipHeld(Conflict):
    code = "membership_held"
    detail = _("This person already works in this practice in this role.")


class LastOwner(Conflict):
    code = "last_owner"
    detail = _("A practice needs an owner. Make someone else an owner first.")


class NoticeLocked(Conflict):
    """Some mail keeps an account safe, and always comes."""

    code = "notice_locked"
    detail = _("This notice always comes: it keeps your account safe.")


class CareLasts(Conflict):
    """Nobody's care is left without a therapist."""

    code = "care_lasts"
    detail = _(
        "Patients are in this person’s care here. Bring them into other hands, or end their care, first."
    )


class TherapistNeeded(Conflict):
    code = "therapist_needed"
    detail = _("Only a therapist can have this role.")


class ChangedMeanwhile(Conflict):
    """Of two who change one thing at once, the later one looks first at what the other has done."""

    code = "changed_meanwhile"
    detail = _("Somebody else has changed this while you were at it. Look at what is there now.")


class LocationNamed(Conflict):
    code = "location_named"
    detail = _("Another location of the practice has this name already.")


class LocationIsRetired(Conflict):
    code = "location_is_retired"
    detail = _("This location is retired. Open it again before you change it.")


class LocationsFull(Conflict):
    code = "locations_full"
    detail = _("A practice has at most 100 locations.")


class InvitationOver(Conflict):
    """Answered, withdrawn, replaced by another, or too old: to whoever holds the link it is the same."""

    code = "invitation_over"
    detail = _("This invitation is not good any more. Ask whoever sent it for a new one.")


class InvitationForOther(NotAllowed):
    """A link that was passed on, or fell into other hands."""

    code = "invitation_for_other"
    detail = _("This invitation was sent to another address. Only its owner can answer it.")


class FactorsOff(Conflict):
    code = "factors_off"
    detail = _("Second factors are not in use here.")


class FactorNeeded(NotAllowed):
    """What nobody does without a second factor of their own, whatever their role owes."""

    code = "factor_needed"
    detail = _(
        "Nobody does this without a second step. Add one to your own account first: in your settings, under"
        " Passkeys and codes."
    )


class FactorHeld(Conflict):
    code = "factor_held"
    detail = _("You have an authenticator app already. Remove it before you add another.")


class LastFactor(Conflict):
    code = "last_factor"
    detail = _("Your role needs a second factor. Add another one before you remove this.")


class PasskeyKnown(Conflict):
    code = "passkey_known"
    detail = _("This passkey is already in use.")


class ProposalOpen(Conflict):
    code = "proposal_open"
    detail = _("A proposal for these two, or for this care, already waits for an answer.")


class ProposalOver(Conflict):
    code = "proposal_over"
    detail = _("This is not open any more: it was answered, withdrawn, or has lapsed.")


class RequestsFull(Conflict):
    code = "requests_full"
    detail = _("Three of your requests still wait for an answer. Withdraw one of them to ask someone else.")


class AskedRecently(Conflict):
    code = "asked_recently"
    detail = _("This was declined a short while ago. You can ask again 30 days after that.")


class ProviderTaken(Conflict):
    """An identity opens one account, never two."""

    code = "provider_taken"
    detail = _("This account is connected to another person’s Bloom.")


class ProviderHeld(Conflict):
    code = "provider_held"
    detail = _("You have connected one already. Remove it before you connect another.")


class LastWayIn(Conflict):
    code = "last_way_in"
    detail = _("Nothing else opens your account. Set a password or add a passkey first.")


class ListingIncomplete(Conflict):
    code = "listing_incomplete"
    detail = _("Something that the check needs is still missing.")


class ListingChanged(Conflict):
    """What was looked at is not what would be decided upon."""

    code = "listing_changed"
    detail = _(
        "The therapist has changed their license, NPI or name since you looked. Please look once more, then "
        "decide."
    )


class ListingNotAwaiting(Conflict):
    """Somebody else has decided meanwhile, or the therapist has taken it back."""

    code = "listing_not_awaiting"
    detail = _("This listing does not wait for a check any more.")


class NpiTaken(Conflict):
    code = "npi_taken"
    detail = _("Another therapist here is verified with this NPI.")


class NotAccepting(Conflict):
    code = "not_accepting"
    detail = _("This therapist takes no new patients at the moment.")
