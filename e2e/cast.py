"""People for pages that are only looked at: made once, changed by nobody."""

from dataclasses import dataclass

from e2e import bookings, people
from e2e.addresses import Address, Who
from e2e.people import Person

HIDDEN = "He wanted me to suck his dick in the car, and I cannot get it out of my head."
CRISIS = "I can't do this any more. I want to kill myself tonight."
LONG = (
    "After the meeting I sat in the car for a while and did the breathing that we practised, four in and "
    "six out, and for the first time it was not only a thing to do but something that did something. I heard "
    "the rain. Then I drove home and slept."
)
LINES = [
    ("therapist", "Good morning. How was the week?"),
    ("patient", LONG),
    ("therapist", "I am glad you stayed with it."),
    ("patient", HIDDEN),
    ("therapist", "Thank you for trusting me with this. We take it slowly."),
    ("patient", CRISIS),
    ("patient", "https://example.org/a-very-long-address-without-a-single-place-to-break-it/" + "x" * 120),
]


@dataclass(eq=False)
class Cast:
    """Who looks at pages, and what fills their addresses."""

    everybody: dict[Who, Person]
    filled: dict[str, str]

    def person(self, address: Address) -> Person | None:
        return self.everybody.get(address.who)

    def path(self, address: Address) -> str:
        return address.path.format(**self.filled)


def gather(site: str, admin: Person) -> Cast:
    """A patient and a therapist with something to read, two who are alone, and the demo's staff."""
    patient = people.sign_up(site, "patient", "Maya Torres")
    therapist = people.sign_up(site, "therapist", "Anna Lindqvist-Featherstonehaugh, PsyD")
    care = people.assign(admin, patient, therapist)
    conversation = people.conversation(patient, therapist)
    for who, text in LINES:
        people.send(patient if who == "patient" else therapist, conversation, text)
    practice = therapist.get("/me/")["practice"]
    billed = therapist.patch(f"/practices/{practice}/billing/", **people.BILLING)
    assert billed["missing"] == [], billed
    former = people.sign_up(site, "patient", "عبد الرحمن بن محمد الفهيم")
    over = people.assign(admin, former, therapist)
    admin.post(f"/assignments/{over}/end/", reason="Moved away")
    # The demo's, of whom a patient reads a whole page.
    (listed, *_) = (each["id"] for each in patient.get("/people/", name="Grace Adeyemi")["results"])
    asked = patient.post("/connections/", therapist=listed, message="Beside my own sessions, for us two.")
    hoping = people.sign_up(site, "patient", "Esra Demir")
    request = admin.post("/connections/", patient=hoping.id, therapist=therapist.id, message="")["id"]
    hoping.post(f"/connections/{request}/accept/")
    service = bookings.hours_open(therapist)
    return Cast(
        everybody={
            "patient": patient,
            "therapist": therapist,
            "new patient": people.sign_up(site, "patient", "Noor Haddad"),
            "new therapist": people.sign_up(site, "therapist", "Sam Okafor"),
            "leaving patient": people.leaving(site, "Joana Prates"),
            "support": people.sign_in(site, "support@bloom.demo"),
            "admin": admin,
        },
        filled={
            "conversation": conversation,
            "practice": practice,
            "location": str(therapist.post(f"/practices/{practice}/locations/", **people.LOCATION)["id"]),
            "therapist": therapist.id,
            "invitation": people.invite(therapist, people.new_email())
            .strip("/")
            .removeprefix("invitations/"),
            "webhook": people.webhook(therapist),
            "person": patient.id,
            "care": care,
            "asked": str(asked["id"]),
            "request": str(request),
            "service": service,
            "appointment": bookings.book(patient, therapist, service),
            "repeating": bookings.repeat(therapist, bookings.book(patient, therapist, service)),
            "listed": listed,
            "mail": people.mail_address(patient.http, patient.email),
        },
    )
