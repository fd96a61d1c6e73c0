"""The reasons a moderator can give, and how each is said to the person who reads it.

Keys are stable: they are stored with messages, sent on the wire and counted in the audit. Where OpenAI's
moderation scheme has the notion, the key is theirs, so that the live moderator and this one speak alike; ours
are `danger-from-others`, `spam` and `sensitive-data`.
"""

CATEGORIES: dict[str, str] = {
    "self-harm/intent": "Someone may want to die or to hurt themselves",
    "self-harm": "Someone may be hurting themselves",
    "self-harm/instructions": "Ways to hurt oneself",
    "violence": "Someone may want to hurt another person",
    "danger-from-others": "Someone may be in danger from another person",
    "violence/graphic": "Graphic violence",
    "harassment": "Insults or bullying",
    "harassment/threatening": "A threat",
    "hate": "Hateful words about a group of people",
    "hate/threatening": "A threat against a group of people",
    "sexual": "Sexually explicit words",
    "sexual/minors": "Sexual words about a child",
    "illicit": "Selling or asking for something illegal",
    "illicit/violent": "Asking how to do violence",
    "spam": "Looks like spam or a scam",
    "sensitive-data": "A card number, a social security number or a password",
}

LIVE_CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
"""What OpenAI's service scores, all of it in every answer."""
