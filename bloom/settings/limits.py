"""Numbers that an operator may want to change."""

from datetime import timedelta

from bloom.settings.environment import ENVIRONMENT

RATE_FACTOR = ENVIRONMENT.rate_factor

MESSAGES_PER_MINUTE = 60
# A message can be edited for so long after it was sent.
MESSAGE_EDIT_WINDOW = timedelta(minutes=15)
# Edits and deletions of one person, all of them together.
MESSAGE_CHANGES_PER_MINUTE = 60
REACTIONS_PER_MINUTE = 120
SOCKETS_PER_PERSON = 20
FRAMES_PER_MINUTE = 600
BAD_FRAMES_LIMIT = 20
FRAME_BYTES_LIMIT = 64 * 1024
SIGN_INS_PER_MINUTE = 10
# In five minutes, for each browser that knows the account's person, and for all the others together.
SIGN_INS_PER_ACCOUNT = 6
FACTOR_TRIES_PER_MINUTE = 10
# By one person, and to one address.
EMAIL_CHANGES_PER_HOUR = 5
# For each token, and for each address that brings tokens that do not hold.
TOKEN_USES_PER_MINUTE = 600
WRONG_TOKENS_PER_MINUTE = 30

EXPORTS_PER_DAY = 3
EXPORT_LASTS = timedelta(hours=48)

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
