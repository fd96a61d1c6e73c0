"""What the copy of somebody's data calls what is kept as a code."""

from django.utils.translation import gettext_lazy

from accounts.types import FactorKind, ListingState, ProposalState

PROPOSAL_STATES = {
    ProposalState.WITH_PATIENT: gettext_lazy("Waits for the patient"),
    ProposalState.WITH_THERAPIST: gettext_lazy("Waits for the therapist"),
    ProposalState.ACCEPTED: gettext_lazy("Accepted"),
    ProposalState.DECLINED: gettext_lazy("Declined"),
    ProposalState.WITHDRAWN: gettext_lazy("Withdrawn"),
    ProposalState.LAPSED: gettext_lazy("Lapsed"),
}

LISTING_STATES = {
    ListingState.DRAFT: gettext_lazy("Not sent yet"),
    ListingState.AWAITING: gettext_lazy("Waits for the check"),
    ListingState.VERIFIED: gettext_lazy("Verified"),
    ListingState.REFUSED: gettext_lazy("Refused"),
}
FACTORS = {
    FactorKind.PASSKEY: gettext_lazy("Passkey"),
    FactorKind.APP: gettext_lazy("Authenticator app"),
    FactorKind.RECOVERY_CODE: gettext_lazy("Recovery codes"),
}
