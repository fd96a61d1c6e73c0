"""The live moderation service: whether it is asked, for how long, and what its scores mean."""

from datetime import timedelta

from bloom.settings.environment import ENVIRONMENT

# Without a key of its own, development may ask the sandbox's fake; production refuses the sandbox.
OPENAI_API_KEY = ENVIRONMENT.openai_api_key or (
    "sandbox" if ENVIRONMENT.sandbox_url and ENVIRONMENT.moderation_sandbox else ""
)
# In total, from the question to the verdict, while somebody waits for their message to go.
MODERATION_DEADLINE_SECONDS = ENVIRONMENT.moderation_deadline_ms / 1000
# Nobody waits for these.
MODERATION_SWEEP_DEADLINE_SECONDS = 8.0

# So long an alert waits for its therapist before those who answer for the practice are told, and as long
# again before the platform's staff are.
CRISIS_WIDENS_AFTER = timedelta(minutes=ENVIRONMENT.crisis_widens_minutes)
# A therapist is written to about one conversation so often at most, whatever is written there.
CRISIS_MAIL_EVERY = timedelta(minutes=10)

# From which score on a category has which outcome. People here talk about what was done to them, so violence
# and sex are hidden late, and what may be a child's disclosure is never blocked by a score.
MODERATION_THRESHOLDS = {
    "self-harm": {"crisis": 0.55},
    "self-harm/intent": {"crisis": 0.35},
    "self-harm/instructions": {"crisis": 0.35},
    "harassment": {"blur": 0.6},
    "harassment/threatening": {"blur": 0.5, "crisis": 0.9},
    "hate": {"blur": 0.6},
    "hate/threatening": {"blur": 0.4, "block": 0.9},
    "sexual": {"blur": 0.7},
    "sexual/minors": {"blur": 0.4},
    "violence": {"blur": 0.95},
    "violence/graphic": {"blur": 0.7},
    "illicit": {"blur": 0.9},
    "illicit/violent": {"blur": 0.6},
    **ENVIRONMENT.moderation_thresholds,
}
