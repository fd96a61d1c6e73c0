"""Django's settings, by topic. What the outside decides comes through `bloom.env` and nowhere else."""

from bloom.settings.admin import *  # noqa: F403
from bloom.settings.apps import *  # noqa: F403
from bloom.settings.auth import *  # noqa: F403
from bloom.settings.base import *  # noqa: F403
from bloom.settings.database import *  # noqa: F403
from bloom.settings.jobs import *  # noqa: F403
from bloom.settings.limits import *  # noqa: F403
from bloom.settings.logs import *  # noqa: F403
from bloom.settings.mail import *  # noqa: F403
from bloom.settings.moderation import *  # noqa: F403
from bloom.settings.providers import *  # noqa: F403
from bloom.settings.rest import *  # noqa: F403
from bloom.settings.security import *  # noqa: F403
from bloom.settings.static import *  # noqa: F403
from bloom.settings.storage import *  # noqa: F403
from bloom.settings.templates import *  # noqa: F403
from bloom.settings.vendors import *  # noqa: F403
