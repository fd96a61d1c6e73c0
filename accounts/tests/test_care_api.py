"""The addresses of the REST API through which care begins and ends."""

import pytest

from accounts.tests import factories as make
from accounts.tests.test_care_pages import client, listed

pytestmark = pytest.mark.django_db


class TestRest:
    def post(self, user, path, body=None):
        return client(user).post(f"/api/v1{path}", body or {}, content_type="application/json")

    def test_from_the_asking_to_the_care(self):
        patient, therapist = make.patient(), listed()
        asked = self.post(patient, "/connections/", {"therapist": str(therapist.id), "message": "Hello."})
        assert asked.status_code == 201
        assert (asked.json()["state"], asked.json()["steps"]) == ("with_therapist", ["withdraw"])
        waiting = client(therapist).get("/api/v1/connections/?open=true").json()["results"]
        assert [each["message"] for each in waiting] == ["Hello."]
        path = f"/connections/{asked.json()['id']}"
        done = self.post(therapist, f"{path}/accept/", {"message": "Welcome."}).json()
        assert (done["state"], done["answer"]) == ("accepted", "Welcome.")
        cares = client(patient).get("/api/v1/assignments/").json()["results"]
        assert [care["id"] for care in cares] == [done["assignment"]]
        assert client(therapist).get("/api/v1/connections/?open=true").json()["results"] == []
        again = self.post(therapist, f"{path}/accept/")
        assert (again.status_code, again.json()["code"]) == (409, "proposal_over")

    def test_a_transfer_and_its_refusals(self):
        patient, therapist, other = make.patient(), make.therapist(), listed()
        care = make.assignment(patient, therapist)
        made = self.post(therapist, f"/assignments/{care.id}/transfer/", {"therapist": str(other.id)})
        assert (made.status_code, made.json()["kind"]) == (201, "transfer")
        path = f"/connections/{made.json()['id']}"
        assert self.post(other, f"{path}/accept/").status_code == 404
        assert self.post(therapist, f"{path}/accept/").status_code == 403
        assert self.post(patient, f"{path}/decline/", {"message": "No."}).json()["state"] == "declined"
        back = self.post(therapist, f"/assignments/{care.id}/transfer/", {"therapist": str(other.id)})
        assert (back.status_code, back.json()["code"]) == (409, "asked_recently")
        assert "again_on" in back.json()

    def test_bad_input(self):
        patient = make.patient()
        for body in ({}, {"therapist": "x"}, {"therapist": str(make.NOBODY), "message": ["a"]}):
            assert self.post(patient, "/connections/", body).status_code == 400
        assert client(patient).get("/api/v1/connections/?open=perhaps").status_code == 400
        too_many = self.post(patient, "/connections/", {"therapist": str(listed().id), "message": "x" * 2001})
        assert list(too_many.json()["errors"]) == ["message"]
