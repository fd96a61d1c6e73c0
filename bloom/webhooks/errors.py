"""Why a webhook is refused."""

from django.utils.translation import gettext_lazy as _

from bloom.kernel.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """No such endpoint in this practice, for this person."""


class TooManyEndpoints(Conflict):
    code = "webhooks_full"
    detail = _("A practice has at most 10 webhooks. Remove one that you no longer need.")


class EndpointOff(Conflict):
    code = "webhook_off"
    detail = _("This webhook is switched off. Switch it on first.")
