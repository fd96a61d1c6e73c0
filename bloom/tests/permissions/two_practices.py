"""People who work in two practices, for the tests of what each shows of the other."""

from accounts import services as accounts_services
from accounts.tests import factories as people
from bloom.kernel import clock
from messaging.tests import factories


def second_practice(world):
    """The therapist of the world works in a second practice, too, and has a patient there."""
    therapist = world.people["therapist"]
    practice_id = people.practice(people.therapist(), therapist)
    return factories.talk(people.patient(name="Patient Of There"), therapist, practice_id=practice_id)


class Both:
    """A therapist with two practices, in each of them a patient, a conversation with a crisis, and a request;
    and in the second somebody else's patient.
    """

    def __init__(self):
        self.therapist = people.therapist(name="Works Twice")
        self.owner = people.therapist(name="Owner There")
        first = people.practice_of(self.therapist)
        second = people.practice(self.owner, self.therapist, is_listed=True)
        accounts_services.role_grant(people.SYSTEM, self.therapist.id, "patient", at=people.AT)
        self.practices = {"here": first, "there": second}
        self.talks = {
            name: factories.talk(
                people.patient(name=f"Patient {name}"), self.therapist, practice_id=practice_id
            )
            for name, practice_id in self.practices.items()
        }
        self.requests = {}
        for name, practice_id in self.practices.items():
            talk = self.talks[name]
            factories.send(talk.as_patient, talk.id, factories.CRISIS)
            asking = people.patient(name=f"Asking {name}")
            self.requests[name] = accounts_services.proposal_request(
                people.actor(asking), self.therapist.id, "Hello.", practice_id=practice_id, at=clock.now()
            )
        # Whose patient they are themselves.
        self.own = factories.talk(self.therapist, self.owner, practice_id=second)

    def browser(self, name):
        return people.browser(self.therapist, practice_id=self.practices[name])
