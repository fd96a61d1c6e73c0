"""People, what they are, where they practise, who cares for whom, and their credentials.

User, Role and Practice are read by this app alone and unguarded; the rest answers `visible_to(actor)` only.
"""

from accounts.models.assignments import Assignment
from accounts.models.credentials import ApiToken, KnownDevice, Session
from accounts.models.emails import (
    EmailChange,
)
from accounts.models.exports import DataExport
from accounts.models.factors import FactorDevice, FactorDeviceManager, RecoveryCode
from accounts.models.invitations import Invitation
from accounts.models.listings import Listing, ListingLicence, ListingTerm
from accounts.models.notices import Notice, NoticeChoice
from accounts.models.people import Role, User
from accounts.models.places import BillingIdentity, Location
from accounts.models.practices import Membership, Practice, in_practice_of
from accounts.models.proposals import Proposal

__all__ = [
    "ApiToken",
    "Assignment",
    "BillingIdentity",
    "DataExport",
    "EmailChange",
    "FactorDevice",
    "FactorDeviceManager",
    "Invitation",
    "KnownDevice",
    "Listing",
    "ListingLicence",
    "ListingTerm",
    "Location",
    "Membership",
    "Notice",
    "NoticeChoice",
    "Practice",
    "Proposal",
    "RecoveryCode",
    "Role",
    "Session",
    "User",
    "in_practice_of",
]
