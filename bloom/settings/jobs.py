"""Celery: a task is a door, and what must happen is a row that beat sweeps."""

from bloom.settings.environment import ENVIRONMENT

CELERY_BROKER_URL = ENVIRONMENT.redis_url
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Sending a task is a hint: without a broker it is lost at once, and nobody's request waits for Redis.
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0, "socket_connect_timeout": 2}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "outbox-sweep": {"task": "observability.outbox_sweep", "schedule": 5.0, "options": {"expires": 5}},
    "seal-run": {
        "task": "observability.seal_run",
        "schedule": 3.0,
        "kwargs": {"near": True},
        "options": {"expires": 3},
    },
    # What a long transaction left behind, and once an hour what a very long one did.
    "seal-behind": {"task": "observability.seal_run", "schedule": 30.0, "options": {"expires": 30}},
    "seal-everything": {
        "task": "observability.seal_run",
        "schedule": 3600.0,
        "kwargs": {"everything": True},
        "options": {"expires": 600},
    },
    "answers-clear": {"task": "kernel.answers_clear", "schedule": 3600.0, "options": {"expires": 600}},
    "absent-tell": {"task": "messaging.absent_tell", "schedule": 60.0, "options": {"expires": 60}},
    "accounts-close": {"task": "accounts.accounts_close", "schedule": 3600.0, "options": {"expires": 600}},
    "exports-run": {"task": "accounts.exports_run", "schedule": 5.0, "options": {"expires": 5}},
    "uploads-check": {"task": "files.uploads_check", "schedule": 10.0, "options": {"expires": 10}},
    "files-sweep": {"task": "files.files_sweep", "schedule": 60.0, "options": {"expires": 60}},
    "factors-compare": {"task": "accounts.factors_compare", "schedule": 3600.0, "options": {"expires": 600}},
    "listings-verify": {"task": "accounts.listings_verify", "schedule": 10.0, "options": {"expires": 10}},
    "crisis-alerts-widen": {
        "task": "messaging.crisis_alerts_widen",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "messages-remoderate": {
        "task": "messaging.messages_remoderate",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "record-follow": {"task": "webhooks.record_follow", "schedule": 3.0, "options": {"expires": 3}},
    "deliveries-send": {"task": "webhooks.deliveries_send", "schedule": 3.0, "options": {"expires": 3}},
    "deliveries-forget": {
        "task": "webhooks.deliveries_forget",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "meetings-run": {"task": "scheduling.meetings_run", "schedule": 5.0, "options": {"expires": 5}},
    "meetings-catch-up": {
        "task": "scheduling.meetings_catch_up",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "meetings-catch-up-all": {
        "task": "scheduling.meetings_catch_up",
        "schedule": 3600.0,
        "kwargs": {"everything": True},
        "options": {"expires": 600},
    },
    "meeting-news-place": {
        "task": "scheduling.deliveries_place",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "meeting-news-forget": {
        "task": "scheduling.deliveries_forget",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "arrivals-forget": {
        "task": "scheduling.arrivals_forget",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "sessions-end": {"task": "scheduling.sessions_end", "schedule": 600.0, "options": {"expires": 300}},
    "rooms-sweep": {"task": "scheduling.rooms_sweep", "schedule": 15.0, "options": {"expires": 15}},
    "scheduled-send-due": {
        "task": "messaging.scheduled_send_due",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "scheduled-forget": {
        "task": "messaging.scheduled_forget",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "appointments-settle": {
        "task": "scheduling.appointments_settle",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "reminders-run": {"task": "scheduling.reminders_run", "schedule": 30.0, "options": {"expires": 30}},
    "reminders-catch-up": {
        "task": "scheduling.reminders_catch_up",
        "schedule": 600.0,
        "options": {"expires": 300},
    },
    "waitlist-run": {"task": "scheduling.waitlist_run", "schedule": 10.0, "options": {"expires": 10}},
    "series-extend": {"task": "scheduling.series_extend", "schedule": 600.0, "options": {"expires": 300}},
    "outside-read": {"task": "scheduling.outside_read", "schedule": 15.0, "options": {"expires": 15}},
    "outside-sweep": {"task": "scheduling.outside_sweep", "schedule": 3600.0, "options": {"expires": 600}},
    "openings-tell": {"task": "scheduling.openings_tell", "schedule": 60.0, "options": {"expires": 60}},
    "sessions-clear": {"task": "accounts.sessions_clear", "schedule": 3600.0, "options": {"expires": 600}},
    "sign-ups-drop": {"task": "accounts.sign_ups_drop", "schedule": 3600.0, "options": {"expires": 600}},
    "letters-send": {"task": "accounts.letters_send", "schedule": 5.0, "options": {"expires": 5}},
    "notices-forget": {"task": "accounts.notices_forget", "schedule": 3600.0, "options": {"expires": 600}},
    "proposals-lapse": {"task": "accounts.proposals_lapse", "schedule": 600.0, "options": {"expires": 300}},
}
