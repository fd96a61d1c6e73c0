"""The words by which therapists are found. Codes are stable: they are stored and stand in addresses.

A new one is a line here. Labels are English; `accounts.terms` says them in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


def _(text: str) -> str:
    """Marks a label for translation."""
    return text


class TermKind(StrEnum):
    """What a directory is filtered by, besides words and whether somebody takes new patients."""

    SPECIALTY = "specialty"
    MODALITY = "modality"
    LANGUAGE = "language"
    INSURANCE = "insurance"
    FORMAT = "format"
    STATE = "state"


SPECIALTIES = {
    "anxiety": _("Anxiety"),
    "depression": _("Depression"),
    "trauma": _("Trauma and PTSD"),
    "grief": _("Grief and loss"),
    "relationships": _("Relationships"),
    "couples": _("Couples"),
    "family": _("Family"),
    "parenting": _("Parenting"),
    "perinatal": _("Pregnancy and after birth"),
    "stress": _("Stress and burnout"),
    "sleep": _("Sleep"),
    "ocd": _("OCD"),
    "panic": _("Panic"),
    "adhd": _("ADHD"),
    "autism": _("Autism"),
    "eating": _("Eating and body image"),
    "addiction": _("Alcohol and other substances"),
    "bipolar": _("Bipolar disorder"),
    "psychosis": _("Psychosis"),
    "anger": _("Anger"),
    "self_esteem": _("Self-esteem"),
    "life_changes": _("Big changes in life"),
    "chronic_illness": _("Chronic illness and pain"),
    "lgbtq": _("LGBTQ+"),
    "gender": _("Gender"),
    "race": _("Race and culture"),
    "teens": _("Teenagers"),
    "children": _("Children"),
    "older_adults": _("Older adults"),
    "work": _("Work and career"),
}
MODALITIES = {
    "cbt": _("CBT (cognitive behavioral therapy)"),
    "act": _("ACT (acceptance and commitment)"),
    "dbt": _("DBT (dialectical behavior therapy)"),
    "emdr": _("EMDR"),
    "erp": _("Exposure and response prevention"),
    "psychodynamic": _("Psychodynamic"),
    "person_centered": _("Person-centered"),
    "eft": _("Emotionally focused"),
    "gottman": _("Gottman method"),
    "ifs": _("Internal family systems"),
    "mindfulness": _("Mindfulness-based"),
    "mi": _("Motivational interviewing"),
    "narrative": _("Narrative"),
    "solution_focused": _("Solution-focused"),
    "somatic": _("Somatic"),
    "systemic": _("Family systems"),
    "play": _("Play therapy"),
    "ipt": _("Interpersonal therapy"),
    "cpt": _("Cognitive processing therapy"),
    "medication": _("Medication"),
}
LANGUAGES = {
    "en": _("English"),
    "es": _("Spanish"),
    "zh": _("Chinese"),
    "vi": _("Vietnamese"),
    "tl": _("Tagalog"),
    "ar": _("Arabic"),
    "fr": _("French"),
    "ko": _("Korean"),
    "ru": _("Russian"),
    "pt": _("Portuguese"),
    "ht": _("Haitian Creole"),
    "hi": _("Hindi"),
    "ur": _("Urdu"),
    "de": _("German"),
    "pl": _("Polish"),
    "it": _("Italian"),
    "fa": _("Persian"),
    "he": _("Hebrew"),
    "ja": _("Japanese"),
    "yo": _("Yoruba"),
    "am": _("Amharic"),
    "ase": _("American Sign Language"),
}
# Names of payers, which nobody translates.
INSURERS = {
    "aetna": "Aetna",
    "anthem": "Anthem",
    "bcbs": "Blue Cross Blue Shield",
    "carelon": "Carelon",
    "cigna": "Cigna",
    "humana": "Humana",
    "kaiser": "Kaiser Permanente",
    "magellan": "Magellan",
    "medicaid": "Medicaid",
    "medicare": "Medicare",
    "molina": "Molina",
    "optum": "Optum",
    "oscar": "Oscar",
    "tricare": "Tricare",
    "united": "UnitedHealthcare",
}
FORMATS = {"telehealth": _("By video"), "in_person": _("In person")}
STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip

TERMS: Mapping[TermKind, Mapping[str, str]] = MappingProxyType(
    {
        TermKind.SPECIALTY: SPECIALTIES,
        TermKind.MODALITY: MODALITIES,
        TermKind.LANGUAGE: LANGUAGES,
        TermKind.INSURANCE: INSURERS,
        TermKind.FORMAT: FORMATS,
        TermKind.STATE: STATES,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceType:
    """A kind of licence. `taxonomies` are the beginnings of the registry's codes that go with it."""

    title: str
    label: str
    taxonomies: tuple[str, ...]


LICENCE_TYPES: Mapping[str, LicenceType] = MappingProxyType(
    {
        "psychologist": LicenceType(
            title=_("Psychologist"), label=_("Psychologist (PhD, PsyD, EdD)"), taxonomies=("103",)
        ),
        "lcsw": LicenceType(
            title=_("Clinical social worker"),
            label=_("Clinical social worker (LCSW, LICSW)"),
            taxonomies=("1041",),
        ),
        "lmft": LicenceType(
            title=_("Marriage and family therapist"),
            label=_("Marriage and family therapist (LMFT)"),
            taxonomies=("106H",),
        ),
        "lpc": LicenceType(
            title=_("Professional counselor"),
            label=_("Professional counselor (LPC, LPCC, LMHC)"),
            taxonomies=("101Y",),
        ),
        "psychiatrist": LicenceType(
            title=_("Psychiatrist"), label=_("Psychiatrist (MD, DO)"), taxonomies=("2084",)
        ),
        "pmhnp": LicenceType(
            title=_("Psychiatric nurse practitioner"),
            label=_("Psychiatric nurse practitioner (PMHNP)"),
            taxonomies=("363L", "364S"),
        ),
    }
)
GENDERS: Mapping[str, str] = MappingProxyType(
    {"woman": _("Woman"), "man": _("Man"), "nonbinary": _("Nonbinary")}
)
