"""What a therapist offers: added, changed, retired."""

from dataclasses import replace

import pytest

from accounts.errors import ChangedMeanwhile
from accounts.tests import factories as people
from bloom.kernel.errors import Invalid, NotFound
from bloom.kernel.money import Money
from scheduling import errors, selectors, services
from scheduling.models import Service
from scheduling.tests import factories
from scheduling.tests.factories import AT
from scheduling.types import (
    ServiceFacts,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk():
    return factories.desk()


FACTS = ServiceFacts(
    name="45-minute session", duration_minutes=45, price=Money(140_00, "USD"), cpt_code="90834"
)


def test_a_service_is_offered_changed_and_retired(desk):
    added = services.service_add(desk.as_therapist, FACTS, at=AT)
    assert added.cpt_code == "90834"
    with pytest.raises(errors.ServiceNameTaken):
        services.service_add(desk.as_therapist, FACTS, at=AT)
    changed = services.service_change(
        desk.as_therapist, added.id, replace(FACTS, buffer_after=10), version=1, at=AT
    )
    assert (changed.buffer_after, changed.version) == (10, 2)
    with pytest.raises(ChangedMeanwhile):
        services.service_change(desk.as_therapist, added.id, FACTS, version=1, at=AT)
    with pytest.raises(NotFound):
        services.service_change(factories.desk().as_therapist, added.id, FACTS, version=2, at=AT)
    services.service_retire(desk.as_therapist, added.id, at=AT)
    services.service_retire(desk.as_therapist, added.id, at=AT)
    assert len(people.recorded("scheduling.service.retired")) == 1
    assert [each.id for each in selectors.service_list(desk.as_patient, desk.therapist.id)] == [
        desk.service.id
    ]
    assert [each.id for each in selectors.service_list(desk.as_therapist, desk.therapist.id)] == [
        desk.service.id,
        added.id,
    ]
    # The name is free again.
    services.service_add(desk.as_therapist, FACTS, at=AT)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "\u3164"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"duration_minutes": 47}, "duration_minutes"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 485}, "duration_minutes"),
        ({"buffer_before": 3}, "buffer_before"),
        ({"buffer_after": -5}, "buffer_after"),
        ({"cpt_code": "9083"}, "cpt_code"),
        ({"cpt_code": "<b>90"}, "cpt_code"),
        ({"place_of_service": "77"}, "place_of_service"),
        ({"price": Money(-1, "USD")}, "price"),
    ],
)
def test_a_service_that_cannot_be_is_refused(desk, facts, field):
    with pytest.raises(Invalid) as refused:
        services.service_add(desk.as_therapist, replace(FACTS, **facts), at=AT)
    assert set(refused.value.errors) == {field}
    assert Service.objects.unscoped(reason="test").count() == 1
