import threading
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection, models
from hypothesis import given, settings
from hypothesis import strategies as st

from bloom.kernel import db, keyring, sealing, vault
from bloom.kernel.actor import Actor
from bloom.kernel.models import DataKey, StoredAnswer

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SYSTEM = Actor.for_system("test")
HANDLE = vault.KeyHandle(uuid4(), uuid4(), 1, AESGCM(AESGCM.generate_key(256)))
PLACE = vault.Place("messaging_message", "body", uuid4())

texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts)
def test_any_text_comes_back(text):
    blob = vault.seal_with(HANDLE, text, PLACE)
    assert vault.open_with(HANDLE, blob, PLACE) == text
    assert len(blob) == len(text.encode()) + sealing.OVERHEAD_BYTES


@given(texts, st.data())
@settings(max_examples=200)
def test_any_flipped_bit_breaks_it(text, data):
    blob = bytearray(vault.seal_with(HANDLE, text, PLACE))
    bit = data.draw(st.integers(0, len(blob) * 8 - 1))
    blob[bit // 8] ^= 1 << bit % 8
    with pytest.raises(vault.SealBroken):
        vault.open_with(HANDLE, bytes(blob), PLACE)


@given(st.binary(max_size=80))
def test_anything_else_is_not_a_sealed_value(blob):
    with pytest.raises(vault.SealBroken):
        vault.open_with(HANDLE, blob, PLACE)


@pytest.mark.parametrize("part", [{"table": "other"}, {"column": "other"}, {"row": uuid4()}])
def test_a_value_opens_in_its_place_alone(part):
    blob = vault.seal_with(HANDLE, "hello", PLACE)
    with pytest.raises(vault.SealBroken):
        vault.open_with(HANDLE, blob, replace(PLACE, **part))


def test_the_same_text_never_looks_the_same():
    assert vault.seal_with(HANDLE, "hello", PLACE) != vault.seal_with(HANDLE, "hello", PLACE)


def test_lone_surrogates_are_refused():
    with pytest.raises(UnicodeError):
        vault.seal_with(HANDLE, "\ud800", PLACE)


def test_a_handle_does_not_show_its_key():
    assert repr(HANDLE) == f"<KeyHandle {HANDLE.key_id}>"


@pytest.mark.django_db
class TestKeys:
    def test_one_key_per_subject_made_on_first_use(self, django_assert_num_queries):
        ada, bob = uuid4(), uuid4()
        sealed = vault.seal(ada, "hello", PLACE)
        with django_assert_num_queries(0):
            assert vault.open(sealed, PLACE) == "hello"
            again = vault.seal(ada, "again", PLACE)
            assert vault.key_cached(ada).subject_id == ada
        assert vault.key_cached(bob) is None
        assert vault.key_id_of(sealed) == vault.key_id_of(again)
        assert vault.key_id_of(vault.seal(bob, "hello", PLACE)) != vault.key_id_of(sealed)
        assert DataKey.objects.filter(subject_id=ada).count() == 1

    def test_another_process_opens_it_from_the_table(self):
        sealed = vault.seal(uuid4(), "hello", PLACE)
        vault.cache_clear()
        assert vault.open(sealed, PLACE) == "hello"

    def test_a_value_under_another_subjects_key_id_does_not_open(self):
        ada, bob = vault.seal(uuid4(), "hello", PLACE), vault.seal(uuid4(), "hello", PLACE)
        with pytest.raises(vault.SealBroken):
            vault.open(ada[:1] + bob[1:17] + ada[17:], PLACE)

    def test_an_unknown_key_is_a_broken_seal(self):
        with pytest.raises(vault.SealBroken):
            vault.open(vault.seal_with(HANDLE, "hello", PLACE), PLACE)

    def test_keys_are_made_in_bulk_once(self, django_assert_num_queries):
        people = [uuid4() for _ in range(30)]
        vault.keys_create(people[:10])
        # Two statements, and what begins and ends their transaction.
        with django_assert_num_queries(4):
            vault.keys_create(iter([*people, *people]))
        assert DataKey.objects.count() == 30

    def test_a_list_of_values_needs_one_query(self, django_assert_num_queries):
        sealed = [vault.seal(uuid4(), "hello", PLACE) for _ in range(5)]
        vault.key_destroy(SYSTEM, DataKey.objects.get(pk=vault.key_id_of(sealed[0])).subject_id, at=AT)
        vault.cache_clear()
        with django_assert_num_queries(1):
            vault.keys_load(iter(sealed))
            assert [vault.open(blob, PLACE) for blob in sealed[1:]] == ["hello"] * 4
        with pytest.raises(vault.KeyDestroyed):
            vault.open(sealed[0], PLACE)

    def test_rotation_keeps_what_was_sealed(self):
        ada = uuid4()
        old = vault.seal(ada, "before", PLACE)
        event = vault.key_rotate(SYSTEM, ada, at=AT)
        new = vault.seal(ada, "after", PLACE)
        assert vault.key_id_of(new) == event.object_id != vault.key_id_of(old)
        vault.cache_clear()
        assert (vault.open(old, PLACE), vault.open(new, PLACE)) == ("before", "after")
        moved = vault.reseal(old, PLACE)
        assert vault.key_id_of(moved) == vault.key_id_of(new)
        assert vault.open(moved, PLACE) == "before"
        assert vault.reseal(moved, PLACE) == moved
        assert list(DataKey.objects.order_by("version").values_list("version", "retired_at")) == [
            (1, AT),
            (2, None),
        ]

    def test_rotating_a_subject_without_a_key_gives_it_one(self):
        ada = uuid4()
        event = vault.key_rotate(SYSTEM, ada, at=AT)
        assert vault.key_get_or_create(ada).key_id == event.object_id

    def test_destruction_is_for_good(self):
        ada = uuid4()
        old = vault.seal(ada, "before", PLACE)
        vault.key_rotate(SYSTEM, ada, at=AT)
        new = vault.seal(ada, "after", PLACE)
        assert vault.key_destroy(SYSTEM, ada, at=AT).keys == 2
        for sealed in (old, new):
            with pytest.raises(vault.KeyDestroyed):
                vault.open(sealed, PLACE)
        for attempt in (
            lambda: vault.seal(ada, "later", PLACE),
            lambda: vault.key_rotate(SYSTEM, ada, at=AT),
            lambda: vault.reseal(old, PLACE),
        ):
            with pytest.raises(vault.KeyDestroyed):
                attempt()
        assert set(DataKey.objects.values_list("wrapped", "destroyed_at")) == {(None, AT)}
        assert vault.key_destroy(SYSTEM, ada, at=AT).keys == 0

    def test_a_subject_destroyed_before_it_had_a_key_gets_none_later(self):
        ada = uuid4()
        vault.key_destroy(SYSTEM, ada, at=AT)
        with pytest.raises(vault.KeyDestroyed):
            vault.seal(ada, "later", PLACE)

    def test_a_wrapped_key_belongs_to_its_row(self):
        ada, bob = uuid4(), uuid4()
        sealed = vault.seal(ada, "hello", PLACE)
        vault.keys_create([bob])
        theirs = DataKey.objects.get(subject_id=bob).wrapped
        DataKey.objects.filter(subject_id=ada).update(wrapped=theirs)
        vault.cache_clear()
        with pytest.raises(vault.SealBroken):
            vault.open(sealed, PLACE)

    @pytest.mark.parametrize("change", [{"id": uuid4()}, {"version": 2}, {"subject_id": uuid4()}])
    def test_and_to_what_the_row_says_of_it(self, change):
        ada = uuid4()
        vault.keys_create([ada])
        DataKey.objects.update(**change)
        with pytest.raises(vault.SealBroken):
            vault.key_get_or_create(change.get("subject_id", ada))

    def test_unwrapped_keys_are_forgotten_after_half_a_minute(self, monkeypatch, django_assert_num_queries):
        ada = uuid4()
        sealed = vault.seal(ada, "hello", PLACE)
        now = keyring.time.monotonic()
        monkeypatch.setattr(keyring.time, "monotonic", lambda: now + 29)
        with django_assert_num_queries(0):
            vault.open(sealed, PLACE)
        monkeypatch.setattr(keyring.time, "monotonic", lambda: now + 31)
        DataKey.objects.update(wrapped=None, destroyed_at=AT)  # as another process would have done it
        with pytest.raises(vault.KeyDestroyed):
            vault.open(sealed, PLACE)

    def test_keys_that_run_out_are_asked_for_together(self, monkeypatch, django_assert_num_queries):
        vault.cache_clear()
        ada, bea, cid, idle = people = [uuid4() for _ in range(4)]
        for person in people:
            vault.key_get_or_create(person)
        for person in (ada, bea, cid):
            assert vault.key_cached(person) is not None
        # As another process would have done it: one is destroyed, one was altered.
        DataKey.objects.filter(subject_id=bea).update(wrapped=None, destroyed_at=AT)
        DataKey.objects.filter(subject_id=cid).update(version=2)
        now = keyring.time.monotonic()
        monkeypatch.setattr(keyring.time, "monotonic", lambda: now + 20)
        other = uuid4()
        vault.keys_create([other])
        with django_assert_num_queries(1):
            vault.key_get_or_create(other)
        monkeypatch.setattr(keyring.time, "monotonic", lambda: now + 31)
        with django_assert_num_queries(0):
            vault.key_get_or_create(ada)
        assert [vault.key_cached(each) for each in (bea, cid, idle)] == [None, None, None]

    def test_the_cache_is_bounded(self, monkeypatch):
        monkeypatch.setattr(keyring, "MOST", 4)
        people = [uuid4() for _ in range(5)]
        for person in people:
            vault.key_get_or_create(person)
        assert len(vault._cache._entries) == 4
        assert vault.key_cached(people[0]) is None
        assert vault.key_cached(people[-1]) is not None

    def test_a_new_key_encryption_key(self, settings):
        people = [uuid4() for _ in range(3)]
        sealed = [vault.seal(person, "hello", PLACE) for person in people]
        vault.key_destroy(SYSTEM, people[0], at=AT)
        before = vault.keyed_hash("email", "ada@example.org")
        settings.VAULT_KEYS = [("new", bytes(range(32))), *settings.VAULT_KEYS]
        out = StringIO()
        call_command("vault_rewrap", stdout=out)
        assert "2 data keys are now wrapped under new" in out.getvalue()
        assert vault.keys_rewrap() == 0
        assert vault.keyed_hash("email", "ada@example.org") == before
        settings.VAULT_KEYS = settings.VAULT_KEYS[:1]
        vault.cache_clear()
        assert vault.open(sealed[1], PLACE) == "hello"

    def test_a_missing_key_encryption_key_is_named(self, settings):
        sealed = vault.seal(uuid4(), "hello", PLACE)
        settings.VAULT_KEYS = [("other", bytes(range(32)))]
        vault.cache_clear()
        with pytest.raises(vault.VaultError, match="does not hold the key 'test'"):
            vault.open(sealed, PLACE)


@pytest.mark.django_db(transaction=True)
class TestKeysAndTransactions:
    def test_a_key_that_was_rolled_back_seals_nothing_more(self):
        ada = uuid4()

        @db.transactional
        def undone():
            vault.seal(ada, "hello", PLACE)
            raise ValueError

        with pytest.raises(ValueError):
            undone()
        assert vault.key_cached(ada) is None
        sealed = vault.seal(ada, "hello", PLACE)
        vault.cache_clear()
        assert vault.open(sealed, PLACE) == "hello"

    def test_a_transaction_remembers_what_was_there_before_it(self, django_assert_num_queries):
        ada = uuid4()
        sealed = vault.seal(ada, "hello", PLACE)
        vault.cache_clear()

        @db.transactional
        def service():
            vault.open(sealed, PLACE)
            with django_assert_num_queries(0):
                return vault.open(sealed, PLACE)

        assert service() == "hello"

    def test_a_rotation_that_was_rolled_back_did_not_happen(self):
        ada = uuid4()
        before = vault.key_get_or_create(ada).key_id

        @db.transactional
        def undone():
            vault.key_rotate(SYSTEM, ada, at=AT)
            vault.seal(ada, "hello", PLACE)
            raise ValueError

        with pytest.raises(ValueError):
            undone()
        assert vault.key_get_or_create(ada).key_id == before

    def test_a_key_of_a_committed_transaction_is_remembered(self):
        ada = uuid4()
        db.transactional(lambda: vault.seal(ada, "hello", PLACE))()
        assert vault.key_cached(ada) is not None

    @pytest.mark.skipif("connection.vendor == 'sqlite'", reason="needs two connections")
    def test_two_first_uses_at_once_make_one_key(self):
        ada = uuid4()
        start = threading.Barrier(4)
        keys = []

        def use():
            try:
                start.wait(timeout=10)
                keys.append(vault.key_id_of(vault.seal(ada, "hello", PLACE)))
            finally:
                connection.close()

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert len(keys) == 4
        assert len(set(keys)) == DataKey.objects.count() == 1


class TestKeyedHash:
    def test_it_depends_on_value_purpose_and_installation(self, settings):
        hashed = vault.keyed_hash("email", "ada@example.org")
        assert hashed == vault.keyed_hash("email", b"ada@example.org")
        assert len(hashed) == 32
        others = {vault.keyed_hash("email", "bob@example.org"), vault.keyed_hash("token", "ada@example.org")}
        settings.VAULT_KEYS = [("other", bytes(range(32)))]
        others.add(vault.keyed_hash("email", "ada@example.org"))
        assert len({hashed, *others}) == 4


class TestSealedField:
    field = StoredAnswer._meta.get_field("answer")

    def test_it_takes_sealed_bytes_alone(self):
        sealed = vault.seal_with(HANDLE, "hello", PLACE)
        assert self.field.get_prep_value(sealed) == sealed
        assert self.field.get_prep_value(memoryview(sealed)) == sealed
        assert self.field.get_prep_value(None) is None
        with pytest.raises(TypeError):
            self.field.get_prep_value("hello")
        with pytest.raises(vault.SealBroken):
            self.field.get_prep_value(b"hello, this is long enough to be a sealed value, but it is none")

    def test_it_cannot_be_compared(self):
        sealed = vault.seal_with(HANDLE, "hello", PLACE)
        for lookup in ({"answer": sealed}, {"answer__in": [sealed]}, {"answer__contains": b"x"}):
            with pytest.raises(FieldError):
                StoredAnswer.objects.filter(**lookup)
        StoredAnswer.objects.filter(answer__isnull=True)

    def test_it_is_a_binary_column_and_no_form_shows_it(self):
        assert isinstance(self.field, models.BinaryField)
        assert not self.field.editable


def test_the_systems_subject_never_changes():
    assert UUID("00000000-0000-4000-8000-0000b1000000") == vault.SYSTEM_SUBJECT
