"""The conversation of a patient with all who care for them: who takes part, and what who left keeps."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from accounts import services as accounts_services
from accounts.models import Notice, User
from accounts.tests import factories as people
from accounts.types import MembershipRole
from bloom.kernel.actor import Actor
from bloom.kernel.errors import NotFound
from messaging import rules, selectors, services
from messaging.errors import ConversationReadOnly, HistoryClosed
from messaging.models import Conversation, CrisisAlert, Member, Reveal
from messaging.tests import factories
from messaging.tests.factories import AT, BLURRED, CRISIS
from messaging.types import ConversationKind, ConversationView, MemberRole, Shelf

pytestmark = pytest.mark.django_db

# When care ends here, and what comes after it.
ENDS, LATER = AT + timedelta(minutes=1), AT + timedelta(minutes=2)


@dataclass
class Team:
    """A patient in the care of two therapists of one practice."""

    practice_id: UUID
    patient: User
    anna: User
    ben: User

    def of(self, user: User) -> Actor:
        return people.actor(user, practice_id=None if user is self.patient else self.practice_id)

    def colleague(self) -> User:
        """A therapist of the practice who does not care for the patient yet."""
        joining = people.therapist()
        accounts_services.membership_start(
            people.SYSTEM, self.practice_id, joining.id, MembershipRole.CLINICIAN, at=AT
        )
        return joining

    def begin(self, therapist: User, *, at: datetime = AT) -> UUID:
        care = people.assignment(self.patient, therapist, practice_id=self.practice_id, at=at)
        follow(self, therapist, at=at)
        return care.id

    def end(self, therapist: User, care_id: UUID) -> None:
        accounts_services.assignment_end(self.of(therapist), care_id, "", at=ENDS)
        follow(self, therapist, at=ENDS)

    def talk(self, user: User) -> ConversationView | None:
        return team_of(self.of(user))


def follow(team: Team, therapist: User, *, at: datetime = AT) -> None:
    services.conversation_follow(
        people.SYSTEM, patient_id=team.patient.id, therapist_id=therapist.id,
        practice_id=team.practice_id, at=at,
    )  # fmt: skip


def team_of(actor: Actor) -> ConversationView | None:
    found = [each for each in selectors.conversation_list(actor).items if each.kind is ConversationKind.TEAM]
    assert len(found) <= 1
    return found[0] if found else None


def team_make() -> tuple[Team, UUID, UUID]:
    """The team, and the cares of Anna and Ben."""
    patient, anna, ben = people.patient(), people.therapist(), people.therapist()
    team = Team(people.practice(anna, ben), patient, anna, ben)
    return team, team.begin(anna), team.begin(ben)


def bodies(actor: Actor, conversation_id: UUID) -> list[str | None]:
    return [message.body for message in selectors.message_list(actor, conversation_id).items]


def test_one_therapist_is_no_team():
    assert not rules.team_is_open([])
    patient, anna = people.patient(), people.therapist()
    team = Team(people.practice(anna), patient, anna, anna)
    team.begin(anna)
    assert team.talk(patient) is None


def test_the_second_care_opens_it_for_all_three_beside_their_own():
    team, _anna, _ben = team_make()
    for user in (team.patient, team.anna, team.ben):
        found = team.talk(user)
        assert found is not None
        assert {(each.id, each.role) for each in found.members} == {
            (team.patient.id, MemberRole.PATIENT),
            (team.anna.id, MemberRole.THERAPIST),
            (team.ben.id, MemberRole.THERAPIST),
        }
    assert len(selectors.conversation_list(team.of(team.patient)).items) == 3
    assert [each.object_id for each in people.recorded("messaging.conversation.opened")].count(found.id) == 1


def test_it_is_made_once_and_following_twice_changes_nothing():
    team, _anna, _ben = team_make()
    before = len(people.recorded("messaging.conversation.joined"))
    follow(team, team.anna)
    follow(team, team.ben)
    rows = Conversation.objects.unscoped(reason="test").filter(kind="team")
    assert rows.count() == 1
    assert len(people.recorded("messaging.conversation.joined")) == before


def test_care_at_another_practice_is_another_team():
    team, _anna, _ben = team_make()
    other = Team(people.practice(team.ben, team.anna), team.patient, team.anna, team.ben)
    other.begin(team.anna)
    assert Conversation.objects.unscoped(reason="test").filter(kind="team").count() == 1
    other.begin(team.ben)
    assert Conversation.objects.unscoped(reason="test").filter(kind="team").count() == 2


def test_who_joins_reads_it_from_the_beginning_and_nothing_of_it_is_unread():
    team, _anna, _ben = team_make()
    talk = team.talk(team.patient)
    factories.send(team.of(team.patient), talk.id, "We agreed on Tuesdays.")
    cara = team.colleague()
    team.begin(cara)
    seen = team.talk(cara)
    assert bodies(team.of(cara), seen.id) == ["We agreed on Tuesdays."]
    assert seen.unread == 0
    (joined,) = people.recorded("messaging.conversation.joined")
    assert joined.data["member_id"] == str(cara.id)


def test_everybody_gets_what_anybody_writes_and_a_crisis_alerts_each_therapist():
    team, _anna, _ben = team_make()
    talk = team.talk(team.patient)
    factories.send(team.of(team.anna), talk.id, "Hello both.")
    factories.send(team.of(team.patient), talk.id, CRISIS)
    assert team.talk(team.ben).unread == 2
    alerted = CrisisAlert.objects.unscoped(reason="test").values_list("therapist_id", flat=True)
    assert set(alerted) == {team.anna.id, team.ben.id}


class TestWhoLeft:
    """Ben's care has ended; Anna and Cara go on."""

    @pytest.fixture
    def team(self) -> Team:
        team, _anna, ben_care = team_make()
        self.cara = team.colleague()
        team.begin(self.cara)
        self.id = team.talk(team.patient).id
        self.early = factories.send(team.of(team.patient), self.id, "Before.").id
        team.end(team.ben, ben_care)
        self.late = factories.send(team.of(team.patient), self.id, "After.", at=LATER).id
        return team

    def test_keeps_what_was_written_until_then(self, team):
        assert bodies(team.of(team.ben), self.id) == ["Before."]
        assert bodies(team.of(team.anna), self.id) == ["Before.", "After."]
        assert bodies(team.of(team.patient), self.id) == ["Before.", "After."]

    def test_is_shown_nothing_that_came_later(self, team):
        seen = team.talk(team.ben)
        assert (seen.last_seq, seen.last_change) == (1, 1)
        assert seen.last_message.body == "Before."
        assert seen.read_only
        ended = {
            user: selectors.conversations_ended(team.of(user), [self.id]) for user in (team.ben, team.anna)
        }
        assert ended == {team.ben: [self.id], team.anna: []}
        assert seen.unread == 1
        assert seen.last_sent_at == ENDS
        assert selectors.unread_total(team.of(team.ben)) == 1
        services.conversation_read(team.of(team.ben), self.id, 2, at=AT)
        assert team.talk(team.ben).unread == 0
        assert selectors.unread_total(team.of(team.ben)) == 0
        assert [each.message.id for each in selectors.message_changes(team.of(team.ben), self.id, 0, 9)] == [
            self.early
        ]
        assert self.id not in selectors.conversation_heads(team.of(team.ben))
        with pytest.raises(NotFound):
            selectors.message_get(team.of(team.ben), self.late)

    def test_is_not_told_who_came_later_nor_named_to_the_others(self, team):
        dora = team.colleague()
        # In the moment in which Ben's ended, as at a transfer.
        team.begin(dora, at=ENDS)
        assert dora.id not in {each.id for each in team.talk(team.ben).members}
        assert team.ben.id in {each.id for each in team.talk(team.ben).members}
        assert team.ben.id not in {each.id for each in team.talk(team.patient).members}
        # Nor found out by looking for names.
        for part, is_found in ((dora.name, False), (team.anna.name, True)):
            found = selectors.conversation_list(team.of(team.ben), name=part).items
            assert (self.id in {each.id for each in found}) == is_found

    def test_cannot_write_change_react_or_be_seen_typing(self, team):
        as_ben = team.of(team.ben)
        with pytest.raises(ConversationReadOnly):
            factories.send(as_ben, self.id)
        with pytest.raises(ConversationReadOnly):
            factories.send(as_ben, self.id, factories.BLOCKED)
        with pytest.raises(ConversationReadOnly):
            services.reaction_toggle(as_ben, self.early, "👍", True, at=AT)
        with pytest.raises(ConversationReadOnly):
            selectors.conversation_others(as_ben, self.id)

    def test_does_not_read_words_that_replaced_those_of_then(self, team):
        services.message_edit(team.of(team.patient), self.early, CRISIS, at=LATER)
        assert bodies(team.of(team.ben), self.id) == [None]
        # Nor what was found in them, nor that they were edited.
        (seen,) = selectors.message_list(team.of(team.ben), self.id).items
        assert (seen.outcome, seen.categories, seen.edited_at, seen.change) == ("allow", (), None, 1)
        assert team.talk(team.ben).last_message.body is None
        assert bodies(team.of(team.anna), self.id)[0] == CRISIS
        assert selectors.crisis_alert_list(team.of(team.ben)) == []
        with pytest.raises(HistoryClosed):
            services.message_history_open(team.of(team.ben), self.early, at=AT)

    def test_does_not_see_reactions_of_later(self, team):
        services.reaction_toggle(team.of(team.anna), self.early, "👍", True, at=LATER)
        (seen,) = selectors.message_list(team.of(team.ben), self.id).items
        assert seen.reactions == ()

    def test_is_alerted_to_nothing_later(self, team):
        factories.send(team.of(team.patient), self.id, CRISIS, at=LATER)
        assert selectors.crisis_alert_list(team.of(team.ben)) == []
        assert len(selectors.crisis_alert_list(team.of(team.anna))) == 1

    def test_puts_it_away_and_later_messages_do_not_bring_it_back(self, team):
        as_ben = team.of(team.ben)
        services.conversation_arrange(as_ben, self.id, archived=True, at=LATER)
        factories.send(team.of(team.patient), self.id, at=LATER)
        archived = selectors.conversation_list(as_ben, shelf=Shelf.ARCHIVE).items
        assert self.id in {each.id for each in archived}

    def test_comes_back_to_all_of_it(self, team):
        team.begin(team.ben, at=LATER)
        seen = team.talk(team.ben)
        assert not seen.read_only
        assert seen.unread == 2
        assert bodies(team.of(team.ben), self.id) == ["Before.", "After."]
        factories.send(team.of(team.ben), self.id, "Back again.")

    def test_somebody_who_was_taken_out_without_keeping_anything_sees_nothing(self, team):
        seats = Member.objects.unscoped(reason="test").filter(user_id=team.ben.id, conversation_id=self.id)
        seats.update(left_seq=None, left_change=None)
        with pytest.raises(NotFound):
            selectors.message_list(team.of(team.ben), self.id)
        with pytest.raises(NotFound):
            factories.send(team.of(team.ben), self.id)


def test_a_leaving_that_is_followed_late_is_a_leaving_of_then():
    """The worker was behind: what was written meanwhile is not for who had left, read or not."""
    team, _anna, ben_care = team_make()
    cara = team.colleague()
    team.begin(cara)
    talk = team.talk(team.patient)
    factories.send(team.of(team.ben), talk.id, "Goodbye.")
    accounts_services.assignment_end(team.of(team.ben), ben_care, "", at=ENDS)
    factories.send(team.of(team.patient), talk.id, "He is gone, I hope.", at=LATER)
    services.conversation_read(team.of(team.ben), talk.id, 2, at=LATER)
    follow(team, team.ben, at=LATER)
    assert bodies(team.of(team.ben), talk.id) == ["Goodbye."]
    seen = team.talk(team.ben)
    assert (seen.last_seq, seen.unread, seen.last_sent_at) == (1, 0, ENDS)


def notices_of(user: User) -> int:
    return Notice.objects.unscoped(reason="test").filter(user_id=user.id).count()


class TestAlertsOfWhoLeft:
    """An alert waits for Anna, Ben and Cara as Ben's care ends."""

    @pytest.fixture
    def team(self) -> Team:
        team, _anna, ben_care = team_make()
        team.begin(team.colleague())
        self.id = team.talk(team.patient).id
        self.sent = factories.send(team.of(team.patient), self.id, CRISIS).id
        team.end(team.ben, ben_care)
        return team

    def of_ben(self, team):
        return CrisisAlert.objects.unscoped(reason="test").get(therapist_id=team.ben.id)

    def test_stand_for_them_and_are_answered_by_the_others(self, team):
        assert len(selectors.crisis_alert_list(team.of(team.ben))) == 1
        assert self.of_ben(team).reach_due_at is None
        others = CrisisAlert.objects.unscoped(reason="test").exclude(therapist_id=team.ben.id)
        assert others.filter(reach_due_at__isnull=False).count() == 2

    def test_are_not_raised_anew_by_what_is_written_later(self, team):
        before, told = self.of_ben(team), notices_of(team.ben)
        services.message_edit(team.of(team.patient), self.sent, CRISIS + " Please.", at=LATER)
        after = self.of_ben(team)
        assert (after.raised_at, after.reach_due_at) == (before.raised_at, None)
        assert (after.mailed_at, notices_of(team.ben)) == (before.mailed_at, told)


def test_hidden_words_of_later_are_not_revealed_to_who_left():
    team, _anna, ben_care = team_make()
    team.begin(team.colleague())
    talk = team.talk(team.patient)
    sent = factories.send(team.of(team.patient), talk.id, "Before.")
    team.end(team.ben, ben_care)
    services.message_edit(team.of(team.patient), sent.id, BLURRED, at=LATER)
    seen = services.message_reveal(team.of(team.ben), sent.id, at=LATER)
    assert seen.body is None
    assert not Reveal.objects.unscoped(reason="test").filter(user_id=team.ben.id).exists()


def test_a_team_of_one_can_only_be_read_and_opens_again_with_the_next():
    team, _anna, ben_care = team_make()
    talk = team.talk(team.patient)
    team.end(team.ben, ben_care)
    assert team.talk(team.patient).read_only
    with pytest.raises(ConversationReadOnly):
        factories.send(team.of(team.patient), talk.id)
    team.begin(team.colleague(), at=LATER)
    assert not team.talk(team.patient).read_only
    assert team.talk(team.patient).id == talk.id


def test_hidden_words_stay_hidden_for_each_until_they_choose():
    team, _anna, _ben = team_make()
    talk = team.talk(team.patient)
    sent = factories.send(team.of(team.patient), talk.id, BLURRED)
    services.message_reveal(team.of(team.anna), sent.id, at=AT)
    assert bodies(team.of(team.anna), talk.id) == [BLURRED]
    assert bodies(team.of(team.ben), talk.id) == [None]


@pytest.mark.parametrize("outsider", ["therapist", "patient", "support", "admin"])
def test_nobody_else_finds_it(outsider):
    team, _anna, _ben = team_make()
    talk = team.talk(team.patient)
    stranger = people.actor(getattr(people, outsider)(), practice_id=team.practice_id)
    with pytest.raises(NotFound):
        selectors.conversation_get(stranger, talk.id)
    with pytest.raises(NotFound):
        factories.send(stranger, talk.id)


def test_a_colleague_of_the_practice_without_care_finds_it_neither():
    team, _anna, _ben = team_make()
    cara = team.colleague()
    with pytest.raises(NotFound):
        selectors.conversation_get(team.of(cara), team.talk(team.patient).id)
