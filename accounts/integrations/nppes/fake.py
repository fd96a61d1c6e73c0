"""NPPES as it answers, on loopback. `manage.py sandbox` serves it at /nppes/.

It knows whom it is told of (`know`, or POST /nppes/_people with the same facts), and nobody else. Faults
beside those of every fake: "errors" (200 with Errors), "numbers" (numbers where texts were), "unknown".
"""

import json
import re
from typing import Any

from bloom.kernel.sandbox import Answer, Ask, Fake, json_answer

PEOPLE = "/_people"
_MOST = 10_000


class NppesFake(Fake):
    name = "nppes"

    def __init__(self) -> None:
        super().__init__()
        self._people: dict[str, dict[str, Any]] = {}
        # How often it was asked for each number.
        self.asked: dict[str, int] = {}

    def know(
        self,
        npi: str,
        first_name: str,
        last_name: str,
        *,
        taxonomies: list[dict[str, str]],
        credential: str = "",
        status: str = "A",
        enumeration_type: str = "NPI-1",
    ) -> None:
        """A person whom the registry has. A taxonomy is {"code", "state", "license"}."""
        entry = {
            "number": npi,
            "enumeration_type": enumeration_type,
            "basic": {
                "status": status,
                "first_name": first_name.upper(),
                "last_name": last_name.upper(),
                "credential": credential,
            },
            "addresses": [
                {"address_purpose": "LOCATION", "state": each["state"], "country_code": "US"}
                for each in taxonomies
            ],
            "taxonomies": [
                {"desc": "", "primary": not place, **each} for place, each in enumerate(taxonomies)
            ],
            "other_names": [],
        }
        with self.lock:
            self._people[npi] = entry
            while len(self._people) > _MOST:
                del self._people[next(iter(self._people))]

    def answer(self, ask: Ask) -> Answer:
        if ask.path == PEOPLE and ask.method == "POST":
            try:
                self.know(**ask.data)
            except (TypeError, KeyError, AttributeError):
                return json_answer({"error": "no person"}, 400)
            return Answer(status=204)
        if ask.path != "/api/":
            return json_answer({"error": "not found"}, 404)
        npi = ask.query.get("number", "")
        if self.fault_take("errors", path=ask.path) or not re.fullmatch("[0-9]{10}", npi):
            return json_answer(
                {"Errors": [{"description": "Field number must be 10 digits", "number": "05"}]}
            )
        with self.lock:
            self.asked[npi] = self.asked.get(npi, 0) + 1
            found = self._people.get(npi)
        if found is None or self.fault_take("unknown", path=ask.path):
            return json_answer({"result_count": 0, "results": []})
        if self.fault_take("numbers", path=ask.path):
            found = {**json.loads(json.dumps(found)), "number": int(npi)}
            for each in found["taxonomies"]:
                if each["license"].isdigit():
                    each["license"] = int(each["license"])
        return json_answer({"result_count": 1, "results": [found]})
