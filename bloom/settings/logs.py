"""Structured logs: see observability.logs for what may be said in them."""

import logging

from bloom.settings.environment import ENVIRONMENT
from observability import logs

LOG_FORMAT = ENVIRONMENT.log_format
LOG_LEVEL = ENVIRONMENT.log_level
LOGGING_CONFIG = None
logs.configure(log_format=LOG_FORMAT, level=LOG_LEVEL)

# The sealer and the sweep run every few seconds: a task speaks when it fails.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG
