"""What ends with care, and what stays: the one table.

The code that takes something away at the end of care asks here (`care_stays`), the page on which care is
ended shows it, and docs/care-policy.md is written from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

# Marks texts for translation; they are translated where they are shown.
_ = str


class CareSubject(StrEnum):
    """What somebody has by being in care, or by caring for somebody."""

    WRITING = "writing"
    CONVERSATION = "conversation"
    TEAM = "team"
    ALERTS = "alerts"
    FINDING = "finding"
    HISTORY = "history"
    REASONS = "reasons"
    TRANSFER = "transfer"
    RETURN = "return"
    RECORD = "record"


class CareParty(StrEnum):
    """PRACTICE is the owner of the practice, for care in which they have no part."""

    PATIENT = "patient"
    THERAPIST = "therapist"
    PRACTICE = "practice"


class CareFate(StrEnum):
    """NEVER: they did not have it while care lasted, and do not get it now."""

    ENDS = "ends"
    STAYS = "stays"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRule:
    """One row. `how` says in a sentence what happens; `long` until when what stays is there."""

    subject: CareSubject
    what: str
    fate: Mapping[CareParty, CareFate]
    how: str
    long: str = ""

    @property
    def ends(self) -> bool:
        return CareFate.ENDS in self.fate.values()


def _fate(patient: str, therapist: str, practice: str) -> dict[CareParty, CareFate]:
    words = (patient, therapist, practice)
    return {party: CareFate(word) for party, word in zip(CareParty, words, strict=True)}


CARE_POLICY = (
    CareRule(
        subject=CareSubject.WRITING,
        what=_("Writing to each other"),
        fate=_fate("ends", "ends", "never"),
        how=_("Ends within seconds, also on pages that are open now."),
    ),
    CareRule(
        subject=CareSubject.FINDING,
        what=_("Finding each other among people"),
        fate=_fate("ends", "ends", "stays"),
        how=_("Ends at once. A therapist who is in the directory is found there, as by anybody."),
    ),
    CareRule(
        subject=CareSubject.CONVERSATION,
        what=_("What you wrote to each other"),
        fate=_fate("stays", "stays", "never"),
        how=_("Stays readable for both of you, and for nobody else."),
        long=_("for as long as the patient’s record is kept"),
    ),
    CareRule(
        subject=CareSubject.TEAM,
        what=_("What the care team wrote together"),
        fate=_fate("stays", "stays", "never"),
        how=_(
            "The patient keeps all of it. The therapist keeps what was written until then and takes no part"
            " any more; who joins the team later can read it from the beginning."
        ),
        long=_("for as long as the patient’s record is kept"),
    ),
    CareRule(
        subject=CareSubject.ALERTS,
        what=_("Alerts about danger, and when they were seen"),
        fate=_fate("never", "stays", "never"),
        how=_(
            "Stays with the therapist, who has to be able to answer for what they did; also where the words"
            " were for an appointment that was called off, or a request that was taken back."
        ),
        long=_("for as long as the patient’s record is kept"),
    ),
    CareRule(
        subject=CareSubject.HISTORY,
        what=_("That there was care, from when until when"),
        fate=_fate("stays", "stays", "stays"),
        how=_("Stays under “Before” for both of you, and with the practice."),
        long=_("for as long as the patient’s record is kept"),
    ),
    CareRule(
        subject=CareSubject.REASONS,
        what=_("Why care began and why it ended"),
        fate=_fate("stays", "stays", "stays"),
        how=_("Stays readable for both of you and the owner of the practice, never for platform staff."),
        long=_("for as long as the patient’s record is kept"),
    ),
    CareRule(
        subject=CareSubject.TRANSFER,
        what=_("A transfer to another therapist that still waits"),
        fate=_fate("stays", "stays", "stays"),
        how=_("Goes on: the new care begins when both have said yes."),
        long=_("until it is answered or lapses"),
    ),
    CareRule(
        subject=CareSubject.RETURN,
        what=_("Coming back"),
        fate=_fate("stays", "stays", "stays"),
        how=_(
            "A patient may always ask again. Who ended the care may begin it again; when the patient or staff"
            " ended it, the therapist alone cannot."
        ),
        long=_("always"),
    ),
    CareRule(
        subject=CareSubject.RECORD,
        what=_("The record of who did what, and when"),
        fate=_fate("stays", "stays", "stays"),
        how=_("Stays unchanged, with no words of anybody’s in it."),
        long=_("for good"),
    ),
)

_BY_SUBJECT = {rule.subject: rule for rule in CARE_POLICY}


def care_rule(subject: CareSubject) -> CareRule:
    """The row of one subject."""
    return _BY_SUBJECT[subject]


def care_stays(subject: CareSubject, party: CareParty) -> bool:
    """Has this party still got it after care has ended?"""
    return _BY_SUBJECT[subject].fate[party] is CareFate.STAYS


def care_policy_page(rules: Iterable[CareRule] = CARE_POLICY) -> str:
    """The table as docs/care-policy.md holds it."""
    rows = "\n".join(
        f"| {rule.what} | {rule.fate[CareParty.PATIENT]} | {rule.fate[CareParty.THERAPIST]} "
        f"| {rule.fate[CareParty.PRACTICE]} | {rule.how} | {rule.long} |"
        for rule in rules
    )
    return f"""# What ends with care, and what stays

Written from `accounts/rules/care_policy.py` by `manage.py care_policy`; do not edit it here. A test compares
the two, and another shows for each row that it is so. "Practice" is the practice's owner, for care in which
they have no part; "never" means that they did not have it before, either.

| | patient | therapist | practice | what happens | how long |
|---|---|---|---|---|---|
{rows}
"""
