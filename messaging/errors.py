"""What can go wrong in a conversation."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Blocked, Conflict, NotAllowed


class ConversationReadOnly(NotAllowed):
    """The conversation stays readable, but nothing can be added to it."""

    detail = _("This conversation has ended. You can still read it.")


class MessageBlocked(Blocked):
    """The text was refused before anyone else saw it. `categories` says why."""

    code = "message_blocked"
    detail = _("This message was not sent. Nobody else has seen it, and you can change it.")

    def __init__(self, *, categories: Sequence[str]) -> None:
        super().__init__(categories=list(categories))


class NoSharedCare(NotAllowed):
    """A conversation hangs on an assignment, and there is none between these two people."""

    detail = _("You can write to each other once the practice has brought you together.")


class NotTheAuthor(NotAllowed):
    """A message is changed and deleted by whoever wrote it, and by nobody else."""

    detail = _("Only the person who wrote this message can do that.")


class EditTooLate(NotAllowed):
    """The time in which a message can still be edited has passed."""

    detail = _("This message can no longer be edited. You can write another one.")


class EditTooOften(NotAllowed):
    """The message was edited as often as it may be."""

    detail = _("This message was edited too often. You can write another one.")


class MessageDeleted(NotAllowed):
    """The message was deleted: nothing can be done with it any more."""

    detail = _("This message was deleted.")


class TooManyReactions(NotAllowed):
    """One person gives one message only so many reactions."""

    detail = _("You have reacted to this message often enough. Take one back first.")


class HistoryClosed(NotAllowed):
    """What a message said before is for whoever wrote it and for the therapists of the conversation."""

    detail = _("Earlier versions are shown to the person who wrote the message and to the therapist.")


class AlertRaisedAgain(Conflict):
    """The alert stands for other words than those that the therapist was shown."""

    code = "alert_raised_again"
    detail = _("They changed what they wrote after you opened this page. Please read it again.")


class AlertOpen(Conflict):
    """A conversation is not put out of sight while somebody in it may be in danger."""

    code = "alert_open"
    detail = _("Please read the alert first, and say that you have seen it.")


class AlertTaken(Conflict):
    """Somebody else looks after the patient, or the therapist has answered."""

    code = "alert_taken"
    detail = _("Somebody looks after this already, or their therapist has answered.")


class CaseDecided(Conflict):
    """Somebody of the staff has decided about this verdict."""

    code = "case_decided"
    detail = _("Somebody has decided about this already.")


class CannotLift(Conflict):
    """A verdict that nobody lifts: of a crisis, of what was never sent, of what was judged anew since."""

    code = "cannot_lift"
    detail = _("This cannot be lifted: it warns of danger, was never sent, or has another verdict by now.")


class ScheduledFull(Conflict):
    """As many of one's messages wait to go later as may."""

    code = "scheduled_full"
    detail = _("As many of your messages wait to be sent later as may. Send or cancel one first.")


class ScheduledSent(Conflict):
    """It went. `message_id` is what it became; it travels as `message`."""

    code = "scheduled_sent"
    detail = _("This message has been sent.")

    def __init__(self, *, message_id: UUID) -> None:
        self.message_id = message_id
        super().__init__(message=str(message_id))


class ScheduledUnderWay(Conflict):
    """Somebody sends it in this moment."""

    code = "scheduled_under_way"
    detail = _("This message is being sent now.")
