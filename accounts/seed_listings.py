"""What the demo's therapists tell of themselves, and as many more as a scale asks for."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts import rules
from accounts.models import Listing, ListingLicence, ListingTerm
from accounts.services.listings import listing_derived
from accounts.types import (
    FORMATS,
    INSURERS,
    LICENCE_TYPES,
    MODALITIES,
    SPECIALTIES,
    STATES,
    ListingState,
    TermKind,
    VerifiedHow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One therapist's listing. `licence` is type and number, in each of `states`; fees are in dollars."""

    licence: tuple[str, str]
    states: tuple[str, ...]
    specialties: tuple[str, ...]
    modalities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    insurance: tuple[str, ...] = ()
    formats: tuple[str, ...] = tuple(FORMATS)
    approach: str = ""
    gender: str = ""
    city: str = ""
    since: int | None = None
    accepts_new: bool = True
    fee: tuple[int, int] | None = None
    sliding_scale: bool = False
    state: ListingState = ListingState.VERIFIED
    is_hidden: bool = False
    more: dict[str, Any] = field(default_factory=dict)


# By the local part of the address.
TOLD = {
    "therapist": Told(
        licence=("psychologist", "071.008412"), states=("IL", "WI"), gender="woman",
        city="Chicago", since=2009, specialties=("anxiety", "panic", "life_changes", "stress"),
        modalities=("cbt", "act"), languages=("en", "de"), insurance=("aetna", "bcbs"), fee=(150, 220),
        approach="Anxiety is loud, and it is not stupid: it tries to keep you safe. We listen to what it "
        "says, test what is true of it, and practise the rest in small steps that you choose.\n\nMost people "
        "come once a week for four to six months. The first session is mostly yours: what brings you, what "
        "you have tried, and what would have to be different for this to have been worth it.",
    ),
    "therapist2": Told(
        licence=("lmft", "166.001273"), states=("IL",), gender="man", city="Evanston", since=2014,
        specialties=("couples", "family", "parenting", "relationships"), modalities=("eft", "gottman"),
        languages=("en", "es"), insurance=("bcbs", "cigna"), fee=(150, 190), sliding_scale=True,
        approach="Couples often fight about the dishes and mean something else. I help you slow the moment "
        "down until both of you can hear what is underneath. New parents are welcome with the baby.",
    ),
    "therapist3": Told(
        licence=("lcsw", "149.019355"), states=("IL", "IN"), gender="woman", city="Chicago", since=2006,
        specialties=("grief", "chronic_illness", "older_adults", "depression"),
        modalities=("person_centered", "narrative"), languages=("en", "yo"), insurance=("medicare", "aetna"),
        fee=(120, 140), sliding_scale=True,
        approach="Grief has no schedule. I worked in a hospice for nine years, and I am not afraid of "
        "silence or of the same story told again. We go at the pace at which you can breathe.",
    ),
    "therapist4": Told(
        licence=("lpc", "180.004471"), states=("IL", "IA", "MO"), gender="man", since=2017,
        specialties=("stress", "work", "sleep", "anxiety"), modalities=("cbt", "mindfulness"),
        formats=("telehealth",), insurance=("united", "optum", "cigna"), fee=(130, 180),
        approach="I used to run a kitchen, so I know what it is to lie awake counting tomorrow's tickets. "
        "We look at sleep first, then at the day that ruins it. Plain tools, homework of ten minutes.",
    ),
    "therapist5": Told(
        licence=("psychologist", "071.010036"), states=("IL",), gender="woman", city="Oak Park", since=2012,
        specialties=("ocd", "anxiety", "eating", "self_esteem"), modalities=("erp", "act"),
        languages=("en", "zh"), fee=(210, 280), accepts_new=False,
        approach="Exposure works when it is done together and never as a dare. I have treated OCD for most "
        "of my working life, perfectionism included, and I still find it the most hopeful work there is.",
    ),
    "therapist6": Told(
        licence=("lcsw", "149.022817"), states=("IL", "TX"), gender="woman", city="Chicago", since=2015,
        specialties=("trauma", "anxiety", "race", "perinatal"), modalities=("emdr", "somatic", "cpt"),
        languages=("es", "en"), insurance=("medicaid", "bcbs"), fee=(100, 150), sliding_scale=True,
        approach="Trabajo en español y en inglés, and we may change in the middle of a sentence. With EMDR "
        "the past becomes something that happened, and stops being something that is happening.",
    ),
    "therapist7": Told(
        licence=("lpc", "180.009902"), states=("IL",), gender="nonbinary", city="Chicago", since=2019,
        specialties=("lgbtq", "gender", "relationships", "depression"), modalities=("ifs", "person_centered"),
        insurance=("aetna",), fee=(95, 140), sliding_scale=True,
        approach="You will not have to explain the words here. We can begin with whatever hurts most this "
        "week; the large questions tend to turn up by themselves.",
    ),
    "therapist8": Told(
        licence=("lmft", "166.002118"), states=("WI", "MN"), gender="woman", city="Madison", since=2011,
        specialties=("teens", "family", "anxiety", "self_esteem"), modalities=("dbt", "systemic"),
        insurance=("bcbs", "humana"), fee=(140, 140),
        approach="Teenagers get the first half hour alone with me, parents the last ten minutes. What is "
        "said stays, save for danger, and we agree on that before anything else.",
    ),
    "therapist9": Told(
        licence=("psychiatrist", "036.118240"), states=("IL", "IN", "MI"), gender="man", since=2003,
        specialties=("bipolar", "depression", "psychosis", "adhd"), modalities=("medication", "ipt"),
        languages=("en", "hi", "ur"), formats=("telehealth",), insurance=("medicare", "united", "carelon"),
        fee=(190, 320),
        approach="I prescribe, and I also talk. A medication is a question that we put to your body: we "
        "write down what we hope for, and we stop what does not answer.",
    ),
    "therapist10": Told(
        licence=("lcsw", "149.027744"), states=("IL",), gender="man", city="Aurora", since=2016,
        specialties=("addiction", "anger", "stress", "relationships"), modalities=("mi", "cbt"),
        languages=("en", "pl"), insurance=("medicaid", "cigna", "magellan"), formats=("in_person",),
        fee=(90, 90),
        approach="You do not have to want to stop in order to come. We find out what drinking does for you "
        "and what it costs, and you decide. I was an electrician before this; nobody is talked down to.",
    ),
    "therapist11": Told(
        licence=("pmhnp", "209.015530"), states=("CO", "UT"), gender="woman", city="Denver", since=2018,
        specialties=("perinatal", "depression", "anxiety", "sleep"), modalities=("medication", "cbt"),
        insurance=("anthem", "cigna", "united"), fee=(160, 220),
        approach="Feeling worse after a baby is common, treatable, and not your fault. I see people during "
        "pregnancy and in the first years, with or without medication, and at hours when babies sleep.",
    ),
    "therapist12": Told(
        licence=("lpc", "180.012286"), states=("IL", "OH"), gender="woman", since=2020,
        specialties=("autism", "adhd", "children", "parenting"), modalities=("play", "solution_focused"),
        languages=("en", "ase"), formats=("telehealth",), insurance=("optum", "tricare"), fee=(110, 130),
        approach="Children tell most with their hands. I work with autistic and restless children, never "
        "against how they are, and half of it is helping the grown-ups around them. I sign.",
    ),
    "therapist13": Told(
        licence=("lcsw", "149.030061"), states=("IL",), specialties=("depression", "work"),
        formats=("telehealth",), state=ListingState.AWAITING,
    ),
    "therapist14": Told(
        licence=("psychologist", "071.011377"), states=("IL",), city="Chicago", since=2010, gender="man",
        specialties=("trauma", "grief"), modalities=("psychodynamic",), fee=(180, 180), is_hidden=True,
        approach="I am on leave until the spring.",
    ),
}  # fmt: skip

_LINES = (
    "We begin where it hurts and look for what already helps.",
    "Sessions are calm, practical and yours.",
    "I ask many questions and give few orders.",
    "Together we find out what has kept you going.",
    "I like plain words and small steps.",
    "There is room here for what you have told nobody.",
)


def told_of(rng: random.Random) -> Told:
    """Somebody believable."""
    states = tuple(rng.sample(sorted(STATES), rng.choice((1, 1, 2, 3))))
    least = rng.randrange(80, 220, 10)
    return Told(
        licence=(
            rng.choice(sorted(LICENCE_TYPES)),
            f"{rng.randrange(100, 999)}.{rng.randrange(1_000_000):06}",
        ),
        states=states,
        specialties=tuple(rng.sample(sorted(SPECIALTIES), rng.randint(2, 6))),
        modalities=tuple(rng.sample(sorted(MODALITIES), rng.randint(1, 4))),
        languages=("en", *rng.choice(((), (), (), ("es",), ("zh",), ("fr",)))),
        insurance=tuple(rng.sample(sorted(INSURERS), rng.randint(0, 4))),
        formats=rng.choice((("telehealth",), ("in_person",), tuple(FORMATS))),
        approach=" ".join(rng.sample(_LINES, 3)),
        since=rng.randint(1990, 2024),
        accepts_new=rng.random() < 0.7,
        fee=(least, least + rng.choice((0, 0, 20, 60))),
        sliding_scale=rng.random() < 0.3,
    )


def listings_create(people: Iterable[tuple[UUID, Any, Told, int]], at: datetime) -> None:
    """Listings for these people, in bulk: the listing's id, its therapist, what they tell, and a number that
    their NPI is made of.
    """
    listings, terms, licences = [], [], []
    for listing_id, therapist, told, number in people:
        is_verified = told.state is ListingState.VERIFIED
        listing = Listing(
            id=listing_id,
            therapist=therapist,
            approach=told.approach,
            gender=told.gender,
            city=told.city,
            region=told.states[0] if told.city else "",
            practising_since=told.since,
            accepts_new=told.accepts_new,
            fee_from_minor=told.fee[0] * 100 if told.fee else None,
            fee_to_minor=told.fee[1] * 100 if told.fee else None,
            sliding_scale=told.sliding_scale,
            npi=rules.npi_complete(f"1{number:08}"),
            is_hidden=told.is_hidden,
            state=told.state,
            submitted_at=at - timedelta(days=2),
            check_notes=[] if is_verified else ["licence_number_differs"],
            verified_at=at - timedelta(days=1) if is_verified else None,
            verified_how=VerifiedHow.STAFF if is_verified else "",
            is_shown=is_verified and not told.is_hidden,
            created_at=at - timedelta(days=3),
            changed_at=at - timedelta(days=1),
            **told.more,
        )
        for column, value in listing_derived(listing, told.specialties).items():
            setattr(listing, column, value)
        listings.append(listing)
        terms += _terms(listing_id, told)
        licences += [
            ListingLicence(
                listing_id=listing_id, state=state, type=told.licence[0], number=told.licence[1], place=place
            )
            for place, state in enumerate(told.states)
        ]
    Listing.objects.bulk_create(listings, batch_size=500)
    ListingTerm.objects.bulk_create(terms, batch_size=2000)
    ListingLicence.objects.bulk_create(licences, batch_size=2000)


def _terms(listing_id: UUID, told: Told) -> list[ListingTerm]:
    kinds: dict[TermKind, Sequence[str]] = {
        TermKind.SPECIALTY: told.specialties,
        TermKind.MODALITY: told.modalities,
        TermKind.LANGUAGE: told.languages,
        TermKind.INSURANCE: told.insurance,
        TermKind.FORMAT: told.formats,
        TermKind.STATE: told.states,
    }
    return [
        ListingTerm(listing_id=listing_id, kind=kind, code=code, place=place)
        for kind, codes in kinds.items()
        for place, code in enumerate(codes)
    ]
