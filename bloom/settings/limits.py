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
# Times that one person asks to be kept for them.
HOLDS_PER_HOUR = 60
# What one person books, moves and calls off, all together.
APPOINTMENT_CHANGES_PER_HOUR = 120
# Calendars elsewhere that a therapist adds, or has read again.
OUTSIDE_CHANGES_PER_HOUR = 30
# New addresses for one's own calendar feed; reads of one feed; wrong ones from one address.
FEEDS_MADE_PER_HOUR = 20
FEED_READS_PER_HOUR = 120
FEED_GUESSES_PER_MINUTE = 20
# Answers by the link of one reminder.
REMINDER_ANSWERS_PER_HOUR = 20
# Lines that one person joins; offers that they let go, and lines in which they say that they still wait.
WAITLIST_JOINS_PER_HOUR = 30
WAITLIST_ANSWERS_PER_HOUR = 30
# How long somebody has to answer an offered time, at most, in hours in which they are awake; how long one
# waits in a line, at most.
WAITLIST_ANSWER = timedelta(hours=2)
WAITLIST_LASTS = timedelta(days=180)
# One look at who waits; the rest is for the next.
WAITLIST_RUN_SECONDS = 30
# Looks at when somebody can be booked, by REST.
SLOT_LOOKS_PER_MINUTE = 60
# Comings and goings of one person in rooms of Bloom's own video, and what their browsers say to the other's.
ROOM_DOINGS_PER_MINUTE = 60
ROOM_SIGNALS_PER_MINUTE = 300
SOCKETS_PER_PERSON = 20
FRAMES_PER_MINUTE = 600
BAD_FRAMES_LIMIT = 20
FRAME_BYTES_LIMIT = 64 * 1024
SIGN_INS_PER_MINUTE = 10
# In five minutes, for each browser that knows the account's person, and for all the others together.
SIGN_INS_PER_ACCOUNT = 6
# Codes, and apart from them passkeys, of one person: for each browser that knows them, and for all the others
# together. In one sign-in; then the password is asked for again.
FACTOR_TRIES_PER_MINUTE = 10
FACTOR_TRIES_PER_DAY = 50
FACTOR_TRIES_PER_SIGN_IN = 5
# After so many wrong ones within a day the person is told, once in that day.
FACTOR_FAILURES_TOLD = 5
# What goes beyond a limit of signing in has one line in the record in so many seconds.
LIMITED_RECORDED_EVERY = 300
# By one person, and to one address.
EMAIL_CHANGES_PER_HOUR = 5
# For each token, and for each address that brings tokens that do not hold.
TOKEN_USES_PER_MINUTE = 600
WRONG_TOKENS_PER_MINUTE = 30

EXPORTS_PER_DAY = 3
# Of single things, such as a conversation.
COPIES_PER_DAY = 20
EXPORT_LASTS = timedelta(hours=48)

# A message that nobody read for so long is worth a mail; while its reader has a page open, a while longer.
# One mail for each conversation in so long; and none about one that has been silent for so long.
ABSENCE_AFTER = timedelta(minutes=10)
ABSENCE_AFTER_IN_VIEW = timedelta(hours=1)
ABSENCE_QUIET = timedelta(hours=4)
ABSENCE_FORGOTTEN = timedelta(days=7)

# Notices that were read leave after the first, all after the second.
NOTICES_READ_KEPT = timedelta(days=90)
NOTICES_KEPT = timedelta(days=365)
UPLOADS_PER_HOUR = 120
# What one person may have waiting in uploads that are in no message yet.
UPLOADS_WAITING_BYTES = 500 * 1024 * 1024
ATTACHMENTS_PER_MESSAGE = 10
FILE_BYTES_MOST = ENVIRONMENT.file_megabytes * 1024 * 1024

# A request's body, before anybody looks at it (bloom.kernel.bodies): so much of it anywhere, more for the
# addresses that take a file, and of those larger ones so many at once in each process.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
_FORM_BYTES = 64 * 1024
_PHOTO_BYTES = 15 * 1024 * 1024
# More than a picture may have (bloom.files.types): so the form itself can say so, beside its field, and keep
# what was typed with it.
_PHOTO_FORM_BYTES = 25 * 1024 * 1024
LARGE_BODIES = {
    "/files/upload/": FILE_BYTES_MOST + _FORM_BYTES,
    "/settings/profile/": _PHOTO_FORM_BYTES,
    "/settings/profile/photo/": _PHOTO_FORM_BYTES,
    "/practices/[^/]+/logo/": _PHOTO_FORM_BYTES,
    "/api/v1/me/photo/": _PHOTO_BYTES + _FORM_BYTES,
}
LARGE_BODIES_AT_ONCE = 4
# How long one waits for its place, and how long any body may take to come.
LARGE_BODY_WAITS = timedelta(seconds=30)
BODY_TAKES_MOST = timedelta(minutes=3)
# A file on its way waits in memory, not unsealed on a disk: no body that comes so far is larger.
FILE_UPLOAD_MAX_MEMORY_SIZE = max(FILE_BYTES_MOST, _PHOTO_FORM_BYTES) + 1024 * 1024
