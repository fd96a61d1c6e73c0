"""REST: open times, holds and appointments."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors as accounts_selectors
from accounts.types import GENDERS, TERMS, DirectoryAsk, TermKind
from bloom.kernel import clock, fees
from bloom.kernel.api import PAGING, ApiView, body_read, parse_moment
from bloom.kernel.errors import Invalid
from bloom.kernel.fields import FeesSeenSerializer
from scheduling import selectors, serializers, services
from scheduling.rules import clock as wall
from scheduling.types import RANGE_DAYS_MOST, Booking, Mode

_WEEK = timedelta(days=7)
# Of all services at once no more days than this are looked at.
_OF_ALL_MOST = timedelta(days=14)
_RANGE = [
    OpenApiParameter("from", str, description="A moment (RFC 3339), or a date in `tz`. Now unless told."),
    OpenApiParameter("to", str, description="Before this, a moment or a date. A week later unless told."),
    OpenApiParameter("tz", str, description="The time zone of dates: America/Chicago. UTC unless told."),
]
_MODE = OpenApiParameter("mode", str, enum=[mode.value for mode in Mode], description="How to meet.")


class Slots(ApiView):
    scopes = {"GET": "scheduling:read"}
    refusals = {"GET": (400,)}

    @extend_schema(
        operation_id="slots",
        parameters=[
            *_RANGE,
            OpenApiParameter("service", OpenApiTypes.UUID, description="Of this one alone."),
        ],
        responses=serializers.SlotPageSerializer,
    )
    def get(self, request: Request, therapist_id: UUID) -> Response:
        """When one can book this therapist, in order. All on one page; of a range of at most 62 days, of all
        services at most 14.
        """
        services.look_count(self.actor)
        at = clock.now()
        start, end = _range_read(request, at)
        service_id = _id_read(request, "service")
        if service_id is None and end - start > _OF_ALL_MOST:
            said = _("Say of which service, or ask for at most %(most)d days.") % {"most": _OF_ALL_MOST.days}
            raise Invalid(errors={"service": [said]})
        found = selectors.slot_list(
            self.actor,
            therapist_id,
            start=start,
            end=end,
            at=at,
            service_id=service_id,
        )
        return Response({"results": [serializers.slot_wire(each) for each in found], "next": None})


class FirstSlots(ApiView):
    scopes = {"GET": "scheduling:read"}

    @extend_schema(
        operation_id="slots_first",
        parameters=[
            PAGING[0],
            _MODE,
            *(
                OpenApiParameter(
                    kind.value,
                    str,
                    many=True,
                    enum=list(TERMS[kind]),
                    description="Of therapists who name any of these.",
                )
                for kind in TermKind
            ),
            OpenApiParameter(
                "gender",
                str,
                many=True,
                enum=list(GENDERS),
                description="Of therapists who say of themselves that they are one of these.",
            ),
        ],
        responses=serializers.FirstSlotPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Of the therapists in the directory who fit, the first time of each within 30 days."""
        services.look_count(self.actor)
        found = selectors.slot_first_free(
            self.actor, _ask_read(request), at=clock.now(), mode=_mode_read(request), limit=self.limit
        )
        return Response({"results": [serializers.first_wire(each) for each in found], "next": None})


class Holds(ApiView):
    scopes = {"POST": "scheduling:write"}
    refusals = {"POST": (404, 409)}
    # What is held lasts for minutes, and a second one takes the place of the first.
    idempotent = False

    @extend_schema(
        operation_id="hold_place",
        request=serializers.HoldPlaceSerializer,
        responses={201: serializers.HoldSerializer},
    )
    def post(self, request: Request) -> Response:
        """Keep a time for ten minutes, while one makes up one’s mind: one a therapist, three in all."""
        given = body_read(serializers.HoldPlaceSerializer, request)
        hold = services.hold_place(
            self.actor,
            therapist_id=given["therapist"],
            service_id=given["service"],
            starts_at=given["starts_at"],
            mode=Mode(given["mode"]) if given["mode"] else None,
            at=clock.now(),
        )
        return Response(serializers.hold_wire(hold), status=status.HTTP_201_CREATED)


class Hold(ApiView):
    scopes = {"DELETE": "scheduling:write"}

    @extend_schema(operation_id="hold_release", responses={204: None})
    def delete(self, request: Request, hold_id: UUID) -> Response:
        """Let a time go. One that has run out is gone already."""
        services.hold_release(self.actor, hold_id)
        return Response(status=204)


class Appointments(ApiView):
    scopes = {"GET": "scheduling:read", "POST": "scheduling:write"}
    refusals = {"POST": (403, 404, 409)}

    @extend_schema(
        operation_id="appointments",
        parameters=[
            *PAGING,
            OpenApiParameter("from", OpenApiTypes.DATETIME, description="Those that begin from then on."),
            OpenApiParameter("to", OpenApiTypes.DATETIME, description="Those that begin before."),
            OpenApiParameter("therapist", OpenApiTypes.UUID, description="Those with this therapist."),
        ],
        responses=serializers.AppointmentPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Appointments that one sees, by when they begin; called-off ones too."""
        at = clock.now()
        start, end = (_moment_read(request, name) for name in ("from", "to"))
        found = selectors.appointment_list(
            self.actor,
            at=at,
            start=start,
            end=end,
            therapist_id=_id_read(request, "therapist"),
            limit=self.limit,
            cursor=self.cursor,
        )
        return self.page_answer(found, serializers.appointment_wire)

    @extend_schema(
        operation_id="appointment_book",
        request=serializers.BookSerializer,
        responses={200: serializers.AppointmentSerializer, 201: serializers.AppointmentSerializer},
    )
    def post(self, request: Request) -> Response:
        """Turn what is held into an appointment, once: a repeat gives it again, with 200. Or book a patient
        who is in care, as their therapist, or within a colleague’s hours as the practice’s desk.
        """
        given = body_read(serializers.BookSerializer, request)
        booked = (
            self._book_for(given)
            if "patient" in given
            else services.appointment_book(self.actor, given["hold"], reason=given["reason"], at=clock.now())
        )
        return Response(
            serializers.appointment_wire(booked.appointment),
            status=status.HTTP_201_CREATED if booked.is_new else status.HTTP_200_OK,
        )

    def _book_for(self, given: dict[str, Any]) -> Booking:
        return services.appointment_book_for(
            self.actor,
            given["patient"],
            given["service"],
            starts_at=given["starts_at"],
            mode=Mode(given["mode"]) if given["mode"] else None,
            note=given["note"],
            # The same request sent again is known by its Idempotency-Key.
            key=uuid4(),
            at=clock.now(),
        )


class Appointment(ApiView):
    scopes = {"GET": "scheduling:read", "PATCH": "scheduling:write"}

    @extend_schema(operation_id="appointment", responses=serializers.AppointmentSerializer)
    def get(self, request: Request, appointment_id: UUID) -> Response:
        """One appointment."""
        found = selectors.appointment_get(self.actor, appointment_id, at=clock.now())
        return Response(serializers.appointment_wire(found))

    @extend_schema(
        operation_id="appointment_change",
        request=serializers.AppointmentChangeSerializer,
        responses=serializers.AppointmentSerializer,
    )
    def patch(self, request: Request, appointment_id: UUID) -> Response:
        """What the patient wrote, for the patient; the therapist's own note, for the therapist."""
        given = body_read(serializers.AppointmentChangeSerializer, request)
        changed = services.appointment_change(
            self.actor,
            appointment_id,
            reason=given.get("reason"),
            note=given.get("note"),
            at=clock.now(),
        )
        return Response(serializers.appointment_wire(changed))


class AppointmentReschedule(ApiView):
    scopes = {"POST": "scheduling:write"}

    @extend_schema(
        operation_id="appointment_reschedule",
        request=serializers.MoveSerializer,
        responses=serializers.AppointmentSerializer,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Have it at another time: a patient at one that is offered, its therapist at any that is free, the
        practice’s desk within a colleague’s hours. With `agreed` a patient says yes to what that time costs
        to call off late.
        """
        given = body_read(serializers.MoveSerializer, request)
        moved = services.appointment_move(
            self.actor,
            appointment_id,
            starts_at=given["starts_at"],
            mode=Mode(given["mode"]) if given["mode"] else None,
            agreed=given["agreed"],
            at=clock.now(),
        )
        return Response(serializers.appointment_wire(moved))


class _Deed(ApiView):
    """Something that is done with an appointment."""

    scopes = {"POST": "scheduling:write"}


class AppointmentCancel(_Deed):
    @extend_schema(
        operation_id="appointment_cancel",
        request=FeesSeenSerializer,
        responses=serializers.AppointmentSerializer,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Call it off, as one of its two or as the practice’s desk. Its time is free at once; late, its
        patient owes what was agreed, and says that they were shown it (`late_fee_unseen`).
        """
        seen = fees.of_wire(body_read(FeesSeenSerializer, request)["fees_seen"])
        done = services.appointment_cancel(self.actor, appointment_id, fees_seen=seen, at=clock.now())
        return Response(serializers.appointment_wire(done))


class AppointmentConfirm(_Deed):
    @extend_schema(
        operation_id="appointment_confirm", request=None, responses=serializers.AppointmentSerializer
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say yes to a requested time; for its therapist."""
        done = services.appointment_confirm(self.actor, appointment_id, at=clock.now())
        return Response(serializers.appointment_wire(done))


class AppointmentDecline(_Deed):
    @extend_schema(
        operation_id="appointment_decline",
        request=serializers.DeclineSerializer,
        responses=serializers.AppointmentSerializer,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say no to a requested time, with a word or without; for its therapist. `cancel_cause` says so."""
        given = body_read(serializers.DeclineSerializer, request)
        done = services.appointment_decline(
            self.actor, appointment_id, to_patient=given["words"], at=clock.now()
        )
        return Response(serializers.appointment_wire(done))


class AppointmentComplete(_Deed):
    @extend_schema(
        operation_id="appointment_complete", request=None, responses=serializers.AppointmentSerializer
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """It took place; for its therapist, once it has begun."""
        done = services.appointment_complete(self.actor, appointment_id, at=clock.now())
        return Response(serializers.appointment_wire(done))


class AppointmentNoShow(_Deed):
    @extend_schema(
        operation_id="appointment_no_show", request=None, responses=serializers.AppointmentSerializer
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """The patient did not come; for its therapist, once it has begun."""
        done = services.appointment_missed(self.actor, appointment_id, at=clock.now())
        return Response(serializers.appointment_wire(done))


# What a query says ------------------------------------------------------------------------------------------


def _range_read(request: Request, at: datetime) -> tuple[datetime, datetime]:
    zone = _zone_read(request)
    start = _bound_read(request, "from", zone) or at
    end = _bound_read(request, "to", zone) or start + _WEEK
    if end <= start:
        raise Invalid(errors={"to": [_("This is not after the beginning.")]})
    if end - start > timedelta(days=RANGE_DAYS_MOST):
        raise Invalid(errors={"to": [_("Please ask for at most %(most)d days.") % {"most": RANGE_DAYS_MOST}]})
    return start, end


def _zone_read(request: Request) -> ZoneInfo:
    name = request.query_params.get("tz", "UTC")
    if not accounts_selectors.time_zone_is_known(name):
        raise Invalid(errors={"tz": [_("This is not a time zone we know.")]})
    return ZoneInfo(name)


def _bound_read(request: Request, name: str, zone: ZoneInfo) -> datetime | None:
    raw = request.query_params.get(name)
    if not raw:
        return None
    if len(raw) != 10:
        return _near(parse_moment(raw, name), name)
    try:
        return _near(wall.moment(zone, date.fromisoformat(raw), 0), name)
    except (ValueError, OverflowError):
        raise Invalid(errors={name: [_("Give a date as in 2026-11-24.")]}) from None


def _moment_read(request: Request, name: str) -> datetime | None:
    raw = request.query_params.get(name)
    return _near(parse_moment(raw, name), name) if raw else None


def _near(at: datetime, name: str) -> datetime:
    if not wall.is_near(at):
        raise Invalid(errors={name: [_("Give a time between the years 2000 and 2200.")]})
    return at


def _id_read(request: Request, name: str) -> UUID | None:
    raw = request.query_params.get(name)
    if not raw:
        return None
    try:
        return UUID(raw)
    except ValueError:
        raise Invalid(errors={name: [_("This is not an id.")]}) from None


def _mode_read(request: Request) -> Mode | None:
    raw = request.query_params.get("mode")
    if not raw:
        return None
    try:
        return Mode(raw)
    except ValueError:
        raise Invalid(errors={"mode": [_("Please choose from the list.")]}) from None


def _ask_read(request: Request) -> DirectoryAsk:
    terms: dict[TermKind, tuple[str, ...]] = {}
    query: Any = request.query_params
    for kind in TermKind:
        codes = tuple(dict.fromkeys(query.getlist(kind.value)))
        if any(code not in TERMS[kind] for code in codes):
            raise Invalid(errors={kind.value: [_("Please choose from the list.")]})
        if codes:
            terms[kind] = codes
    genders = tuple(dict.fromkeys(query.getlist("gender")))
    if any(code not in GENDERS for code in genders):
        raise Invalid(errors={"gender": [_("Please choose from the list.")]})
    return DirectoryAsk(terms=terms, genders=genders)
