import copy
import inspect
import pickle
from uuid import uuid4

import pytest
from django.apps.registry import Apps
from django.core.exceptions import SynchronousOnlyOperation
from django.db import connection, models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Subquery
from django.test.utils import CaptureQueriesContext

from bloom.kernel.actor import Actor, Via
from bloom.kernel.errors import NotFound
from bloom.kernel.guard import PrivateManager, PrivateModel, PrivateQuerySet, UnscopedQuery
from bloom.kernel.tests import tables
from bloom.kernel.tests.tables import Box, Note, Pointer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def the_tables(db):
    tables.create(Box, Note, Pointer)


@pytest.fixture
def me():
    return Actor(user_id=uuid4(), via=Via.WEB)


@pytest.fixture
def mine(me):
    box = Box.objects.create(owner_id=me.user_id, label="mine")
    return Note.objects.create(box=box, text="mine")


@pytest.fixture
def theirs():
    box = Box.objects.create(owner_id=uuid4(), label="theirs")
    return Note.objects.create(box=box, text="theirs")


def note():
    return Note(box_id=uuid4())


def everything():
    return Note.objects.unscoped(reason="test")


# Every way to get something out of a queryset: each must raise while the queryset is closed.
EVALUATING = {
    "__bool__": bool,
    "__contains__": lambda rows: object() in rows,
    "__getitem__": lambda rows: rows[0],
    "__getstate__": pickle.dumps,
    "__iter__": list,
    "__len__": len,
    "aggregate": lambda rows: rows.aggregate(Count("id")),
    "bulk_update": lambda rows: rows.bulk_update([note()], ["text"]),
    "contains": lambda rows: rows.contains(note()),
    "count": lambda rows: rows.count(),
    "delete": lambda rows: rows.delete(),
    "earliest": lambda rows: rows.earliest("written_at"),
    "exists": lambda rows: rows.exists(),
    "explain": lambda rows: rows.explain(),
    "first": lambda rows: rows.first(),
    "get": lambda rows: rows.get(pk=uuid4()),
    "get_or_create": lambda rows: rows.get_or_create(pk=uuid4(), defaults={"box_id": uuid4()}),
    "get_or_refuse": lambda rows: rows.get_or_refuse(uuid4()),
    "in_bulk": lambda rows: rows.in_bulk(),
    "iterator": lambda rows: next(rows.iterator()),
    "last": lambda rows: rows.last(),
    "latest": lambda rows: rows.latest("written_at"),
    "raw": lambda rows: rows.raw("select id from kernel_note"),
    "update": lambda rows: rows.update(text="x"),
    "update_or_create": lambda rows: rows.update_or_create(pk=uuid4(), defaults={"text": "x"}),
}

# Those that only build another queryset: still closed, so that evaluating what they return raises.
BUILDING = {
    "alias": lambda rows: rows.alias(n=Count("id")),
    "all": lambda rows: rows.all(),
    "annotate": lambda rows: rows.annotate(n=F("text")),
    "complex_filter": lambda rows: rows.complex_filter({"text": "x"}),
    "dates": lambda rows: rows.dates("written_at", "day"),
    "datetimes": lambda rows: rows.datetimes("written_at", "hour"),
    "defer": lambda rows: rows.defer("text"),
    "difference": lambda rows: rows.difference(everything()),
    "distinct": lambda rows: rows.distinct(),
    "exclude": lambda rows: rows.exclude(text="x"),
    "extra": lambda rows: rows.extra(where=["true"]),
    "filter": lambda rows: rows.filter(text="x"),
    "intersection": lambda rows: rows.intersection(everything()),
    "only": lambda rows: rows.only("text"),
    "order_by": lambda rows: rows.order_by("text"),
    "reverse": lambda rows: rows.reverse(),
    "select_for_update": lambda rows: rows.select_for_update(),
    "union": lambda rows: rows.union(everything()),
    "using": lambda rows: rows.using("default"),
    "values": lambda rows: rows.values("text"),
    "values_list": lambda rows: rows.values_list("text"),
    "with_parents": lambda rows: rows.with_parents("box"),
    "__deepcopy__": copy.deepcopy,
}

# Refused while they are built, because of where they lead (tests of their own below).
LEADING_ELSEWHERE = {"prefetch_related", "select_related", "__and__", "__or__", "__xor__"}

# These open it, write a row in hand, return nothing, or ask about the query and not about rows.
OPEN_BY_DESIGN = {
    "visible_to", "unscoped", "none", "create", "bulk_create", "as_manager", "resolve_expression",
    "db", "ordered", "query", "__repr__", "__init__", "__setstate__", "__class_getitem__",
}  # fmt: skip


@pytest.mark.parametrize("name", EVALUATING)
def test_a_closed_queryset_cannot_be_evaluated(name, mine):
    with pytest.raises(UnscopedQuery), CaptureQueriesContext(connection) as queries:
        EVALUATING[name](Note.objects.all())
    assert not [query for query in queries if "kernel_" in query["sql"]]


@pytest.mark.parametrize("name", BUILDING)
def test_what_is_built_from_a_closed_queryset_is_closed(name, mine):
    built = BUILDING[name](Note.objects.all())
    with pytest.raises(UnscopedQuery):
        list(built)


def test_every_queryset_method_of_django_is_classified():
    methods = {
        name
        for name, _ in inspect.getmembers(PrivateQuerySet)
        if not name.startswith("_") or (name in vars(models.QuerySet) and name.endswith("__"))
    }
    asynchronous = {name for name in methods if name[0] == "a" and name[1:] in methods} | {"__aiter__"}
    known = {*EVALUATING, *BUILDING, *LEADING_ELSEWHERE, *OPEN_BY_DESIGN}
    boring = {"__doc__", "__module__", "__dict__", "__weakref__", "__orig_bases__", "__parameters__"}
    assert methods - asynchronous - boring - known == set()
    assert known - methods - {"__contains__"} == set()


ASYNC = {
    "aiter": lambda rows: anext(rows.__aiter__()),
    "aiterator": lambda rows: anext(rows.aiterator()),
    "acount": lambda rows: rows.acount(),
    "aexists": lambda rows: rows.aexists(),
    "afirst": lambda rows: rows.afirst(),
    "aget": lambda rows: rows.aget(pk=uuid4()),
    "adelete": lambda rows: rows.adelete(),
    "aupdate": lambda rows: rows.aupdate(text="x"),
    "ain_bulk": lambda rows: rows.ain_bulk(),
    "aaggregate": lambda rows: rows.aaggregate(Count("id")),
}


@pytest.mark.parametrize("name", ASYNC)
async def test_asynchronous_evaluation_is_closed_too(name):
    with pytest.raises(UnscopedQuery):
        await ASYNC[name](Note.objects.all())


def test_the_manager_itself_is_closed(mine):
    for ask in (Note.objects.count, Note.objects.exists, Note.objects.first, Note.objects.in_bulk):
        with pytest.raises(UnscopedQuery):
            ask()
    with pytest.raises(UnscopedQuery):
        Note.objects.raw("select id from kernel_note")


def test_visible_to_shows_what_visibility_grants(me, mine, theirs):
    rows = Note.objects.visible_to(me)
    assert list(rows) == [mine]
    assert rows.count() == 1
    assert not rows.filter(pk=theirs.pk).exists()
    assert Note.objects.filter(text="mine").visible_to(me).update(text="changed") == 1
    assert Note.objects.visible_to(Actor.anonymous(via=Via.WEB)).count() == 0


def test_unscoped_shows_everything_and_needs_a_reason(mine, theirs):
    assert set(everything()) == {mine, theirs}
    with pytest.raises(ValueError):
        Note.objects.unscoped(reason=" ")


def test_none_is_empty_without_a_question():
    assert list(Note.objects.none()) == []


def test_get_or_refuse_knows_whether_the_row_exists(me, mine, theirs):
    assert Note.objects.visible_to(me).get_or_refuse(mine.pk) == mine
    with pytest.raises(NotFound) as hidden:
        Note.objects.visible_to(me).get_or_refuse(theirs.pk)
    with pytest.raises(NotFound) as absent:
        Note.objects.visible_to(me).get_or_refuse(uuid4())
    assert (hidden.value.exists, absent.value.exists) == (True, False)
    assert (hidden.value.object_kind, hidden.value.object_id) == ("kernel.note", theirs.pk)
    assert str(hidden.value.detail) == str(absent.value.detail)
    assert hidden.value.fields == absent.value.fields == {}


@pytest.mark.parametrize("combine", [lambda a, b: a | b, lambda a, b: a & b, lambda a, b: a ^ b])
def test_one_open_side_does_not_open_the_other(combine, me):
    closed, open_ = Note.objects.all(), Note.objects.visible_to(me)
    for sides in ((closed, open_), (open_, closed)):
        with pytest.raises(UnscopedQuery):
            combine(*sides)
    with pytest.raises(UnscopedQuery):
        list(combine(closed, closed))


def test_a_union_is_as_closed_as_its_most_closed_part(me, mine):
    open_ = Note.objects.visible_to(me)
    with pytest.raises(UnscopedQuery):
        list(open_.union(Note.objects.all()))
    assert list(open_.union(Note.objects.visible_to(me))) == [mine]


@pytest.mark.parametrize(
    "outer",
    [
        lambda closed: Pointer.objects.filter(note__in=closed),
        lambda closed: Pointer.objects.filter(note_id__in=closed.values("id")),
        lambda closed: Pointer.objects.filter(Exists(closed.filter(pk=OuterRef("note_id")))),
        lambda closed: Pointer.objects.annotate(text=Subquery(closed.values("text")[:1])),
        lambda closed: Box.objects.unscoped(reason="test").filter(pk__in=closed.values("box_id")),
    ],
)
def test_a_closed_queryset_inside_another_query(outer):
    with pytest.raises(UnscopedQuery):
        list(outer(Note.objects.all()))
    list(outer(everything()))


def test_following_a_foreign_key_into_a_private_table(me, mine):
    seen = Note.objects.visible_to(me).get()
    with pytest.raises(UnscopedQuery):
        _ = seen.box
    pointer = Pointer.objects.create(note=mine)
    with pytest.raises(UnscopedQuery):
        _ = Pointer.objects.get(pk=pointer.pk).note
    assert Note.objects.visible_to(me).with_parents("box").get().box.label == "mine"


@pytest.mark.parametrize(
    "leading",
    [
        lambda rows: rows.select_related("box"),
        lambda rows: rows.select_related(),
        lambda rows: rows.prefetch_related("box"),
        lambda rows: rows.values("box__label"),
        lambda rows: rows.values_list("text", "box__label"),
        lambda rows: list(rows.prefetch_related(Prefetch("box", Box.objects.all()))),
        lambda rows: list(rows.prefetch_related(Prefetch("tags", Box.objects.all()))),
        lambda rows: list(rows.get().tags.all()),
    ],
)
def test_being_visible_says_nothing_of_what_it_points_to(leading, me, mine):
    mine.tags.add(mine.box)
    with pytest.raises(UnscopedQuery):
        leading(Note.objects.visible_to(me))


def test_deliberate_ways_to_other_private_rows(me, mine):
    rows = Note.objects.visible_to(me)
    boxes = Box.objects.visible_to(me)
    assert rows.prefetch_related(Prefetch("box", boxes)).get().box.label == "mine"
    assert rows.with_parents("box").values_list("box__label", flat=True).get() == "mine"
    assert everything().select_related("box").get().box.label == "mine"
    mine.tags.add(mine.box)
    assert list(mine.tags.visible_to(me)) == [mine.box]


def test_an_unguarded_table_cannot_prefetch_a_private_one(mine):
    Pointer.objects.create(note=mine)
    with pytest.raises(UnscopedQuery):
        list(Pointer.objects.prefetch_related("note"))


def test_writing_an_instance_stays_open(me, mine):
    mine.text = "again"
    mine.save()
    mine.save(update_fields=["text"])
    mine.refresh_from_db()
    assert mine.text == "again"
    Note.objects.bulk_create([Note(box_id=mine.box_id), Note(box_id=mine.box_id)])
    assert Note.objects.visible_to(me).count() == 3
    Pointer.objects.create(note=mine)
    Box.objects.visible_to(me).get().delete()
    assert everything().count() == Pointer.objects.count() == 0


def test_a_deferred_field_is_read_from_the_row_in_hand(me, mine):
    assert Note.objects.visible_to(me).defer("text").get().text == "mine"


def test_repr_names_the_query_and_reads_nothing(me, mine):
    with CaptureQueriesContext(connection) as queries:
        assert repr(Note.objects.visible_to(me)) == "<PrivateQuerySet of Note: visible>"
    assert len(queries) == 0


def test_a_private_model_must_say_who_sees_it(me):
    class Silent(PrivateModel):
        class Meta:
            app_label = "kernel"
            apps = Apps(["bloom.kernel"])

    with pytest.raises(NotImplementedError):
        Silent.objects.visible_to(me)


def test_a_subclass_manager_is_still_guarded():
    assert isinstance(Note._default_manager, PrivateManager)
    assert Note._base_manager.name == "instances"


async def test_visible_rows_asynchronously_need_a_thread_like_any_other(me):
    with pytest.raises(SynchronousOnlyOperation):
        list(Note.objects.visible_to(me))
