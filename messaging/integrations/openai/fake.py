"""OpenAI's moderation endpoint as it answers, on loopback. `manage.py sandbox` serves it at /openai/.

It finds nothing in a text, but what it was taught: `teach("a phrase", violence=0.97)`, or POST to
/openai/_scores with `{"phrase": "...", "scores": {"violence": 0.97}}`.

Faults beside those of every fake: "rate_limited" (429 with retry-after), "rejected" (400), "refused_key"
(401), "malformed" (200, another shape), "missing" (200 without one category), "no_number" (200, a category is
null), "many" (200, two results), "deep" (200, nested too deeply to be read), "redirect" (307).
"""

import uuid
from collections.abc import Mapping
from typing import Any

from bloom.kernel.sandbox import Answer, Ask, Fake, json_answer
from messaging.moderation.categories import LIVE_CATEGORIES

SCORES = "/_scores"
FAULTS = (
    "rate_limited",
    "rejected",
    "refused_key",
    "malformed",
    "missing",
    "no_number",
    "many",
    "deep",
    "redirect",
)
NOTHING = 0.0001
# From here on the service itself would call it flagged; Bloom decides by its own thresholds.
FLAGGED = 0.5
ASKED_KEPT = 100
# More than any reader of JSON follows.
NESTED = 200_000


class OpenAiFake(Fake):
    name = "openai"

    def __init__(self) -> None:
        super().__init__()
        self._taught: dict[str, dict[str, float]] = {}
        # The newest texts and headers that arrived.
        self.asked: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.retry_after = "7"

    def teach(self, phrase: str, scores: Mapping[str, float] | None = None, **more: float) -> None:
        """A text that holds `phrase` gets these scores."""
        with self.lock:
            self._taught[phrase.lower()] = {**(scores or {}), **more}

    def answer(self, ask: Ask) -> Answer:
        if ask.method == "POST" and ask.path == SCORES and isinstance(ask.data, dict):
            self.teach(str(ask.data.get("phrase", "")), ask.data.get("scores") or {})
            return Answer(status=204)
        if ask.method != "POST" or not ask.path.endswith("/moderations"):
            return _error(404, "invalid_request_error", "Invalid URL")
        wish = ask.data
        if not isinstance(wish, dict) or not isinstance(wish.get("input"), str):
            return _error(400, "invalid_request_error", "Missing required parameter: 'input'.")
        with self.lock:
            self.asked.append(wish["input"])
            self.headers.append(ask.headers)
            del self.asked[:-ASKED_KEPT], self.headers[:-ASKED_KEPT]
        fault = self.fault_take(*FAULTS, path=ask.path)
        return self._fault(fault, ask) if fault else json_answer(self._moderation(wish["input"]))

    def _fault(self, fault: str, ask: Ask) -> Answer:
        text = str(ask.data["input"])
        if fault == "rate_limited":
            busy = _error(429, "requests", "Rate limit reached for omni-moderation-latest")
            return Answer(status=429, body=busy.body, headers={"retry-after": self.retry_after})
        if fault == "rejected":
            return _error(400, "invalid_request_error", f"Invalid input: {text}")
        if fault == "refused_key":
            key = ask.headers.get("Authorization", ask.headers.get("authorization", ""))
            return _error(401, "invalid_request_error", f"Incorrect API key provided: {key}")
        if fault == "redirect":
            return Answer(status=307, headers={"Location": f"{self.url}/elsewhere/moderations"})
        if fault == "deep":
            return Answer(body=b"[" * NESTED)
        moderation = self._moderation(text)
        (result,) = moderation["results"]
        if fault == "malformed":
            return json_answer({"id": "modr-0", "results": {"flagged": text}})
        if fault == "missing":
            del result["category_scores"]["self-harm/intent"], result["categories"]["self-harm/intent"]
        if fault == "no_number":
            result["category_scores"]["self-harm/intent"] = None
        if fault == "many":
            moderation["results"].append(result)
        return json_answer(moderation)

    def _moderation(self, text: str) -> dict[str, Any]:
        scores = dict.fromkeys(LIVE_CATEGORIES, NOTHING)
        with self.lock:
            for phrase, taught in self._taught.items():
                if phrase in text.lower():
                    scores |= taught
        flagged = {category: score >= FLAGGED for category, score in scores.items()}
        return {
            "id": f"modr-{uuid.uuid4().hex}",
            "model": "omni-moderation-latest",
            "results": [
                {
                    "flagged": any(flagged.values()),
                    "categories": flagged,
                    "category_scores": scores,
                    "category_applied_input_types": {category: ["text"] for category in scores},
                }
            ],
        }


def _error(status: int, kind: str, message: str) -> Answer:
    return json_answer(
        {"error": {"message": message, "type": kind, "param": None, "code": None}}, status=status
    )
