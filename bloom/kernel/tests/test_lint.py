from pathlib import Path, PurePath

import pytest

from bloom.kernel import lint

# Each breach beside the closest thing that is allowed.
BREACHES = {
    "transaction.atomic": ("with transaction.atomic(): pass", "@db.transactional\ndef f(): pass"),
    "atomic as decorator": ("@transaction.atomic\ndef f(): pass", "@transactional\ndef f(): pass"),
    "atomic imported": ("from django.db.transaction import atomic", "from django.db import transaction"),
    "ATOMIC_REQUESTS": ("DATABASES = {'default': {'ATOMIC_REQUESTS': True}}", "DATABASES = {'default': {}}"),
    "clock": ("at = datetime.now(UTC)", "at = clock.now()"),
    "clock of Django": ("at = timezone.now()", "at = timezone.get_current_timezone()"),
    "date": ("on = date.today()", "on = date.fromisoformat(text)"),
    "signals": ("from django.db.models.signals import post_save", "from django.dispatch import Signal"),
    "signals as module": ("from django.db.models import signals", "from django.db.models import Q"),
    "base manager": ("Note._base_manager.all()", "Note._default_manager.all()"),
    "instances": ("Note.instances.all()", "self.instances.all()"),
    "extra": ("Note.objects.extra(where=['x'])", "Note.objects.filter(x=1)"),
    "RawSQL": ("x = RawSQL('select 1', [])", "x = Value('select 1')"),
    "cursor": ("with connection.cursor() as c: pass", "c = page.cursor"),
    "on_commit": ("transaction.on_commit(f)", "db.after_commit(f)"),
    "F across": ("rows.annotate(t=F('box__label'))", "rows.annotate(t=F('label'))"),
    "F across in values": ("rows.values(F('box__label'))", "rows.filter(label=F('box__label'))"),
    "Max across": ("rows.aggregate(t=Max('box__label'))", "rows.aggregate(t=Max('label'))"),
    "F within": ("rows.annotate(t=Coalesce(F('box__label'), 'x'))", "rows.annotate(t=Coalesce(F('a'), 'x'))"),
    "a name within": ("rows.annotate(t=Coalesce('box__label', 'x'))", "rows.annotate(t=OuterRef('box__a'))"),
    "a sum": ("rows.annotate(t=F('label') + F('box__label'))", "rows.annotate(t=F('a') + F('b'))"),
    "a case": (
        "rows.annotate(t=Case(When(a=1, then=F('b')), default=Upper('box__label')))",
        "rows.annotate(t=Case(When(box__a=1, then=Value('x__y'))))",
    ),
    "driver": ("import psycopg", "import psychology"),
    "driver's cursor": ("from psycopg import Cursor", "from messaging import store"),
    "driver's row": ("from psycopg.rows import dict_row", "from .psycopg import x"),
    "driver of a connection": ("c = connection.connection", "c = connection.vendor"),
    "save": ("class A(models.Model):\n def save(self): pass", "class A:\n def save(self): pass"),
    "ModelForm": ("class A(forms.ModelForm): pass", "class A(forms.Form): pass"),
    "ModelSerializer": ("class A(ModelSerializer): pass", "class A(Serializer): pass"),
    "foreign key": (
        "class A(PrivateModel):\n b = models.ForeignKey(B, models.CASCADE, related_name='bs')",
        "class A(PrivateModel):\n b = models.ForeignKey(B, models.CASCADE, related_name='+')",
    ),
    "foreign key with an annotation": (
        "class A(PrivateModel):\n b: Any = models.ForeignKey(B, models.CASCADE)",
        "class A(PrivateModel):\n b: Any = models.ForeignKey(B, models.CASCADE, related_name='+')",
    ),
    "foreign key of a grandchild": (
        "class A(PrivateModel): pass\nclass C(A): pass\nclass D(C):\n b = models.ForeignKey(B)",
        "class A(models.Model): pass\nclass D(A):\n b = models.ForeignKey(B, models.CASCADE)",
    ),
    "foreign key without a name": (
        "class A(PrivateModel):\n b = models.OneToOneField(B, models.CASCADE)",
        "class A(models.Model):\n b = models.OneToOneField(B, models.CASCADE)",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_each_breach_is_named_and_its_neighbour_is_not(name):
    breach, allowed = BREACHES[name]
    where = PurePath("messaging/services.py")
    assert len(lint.source_violations(breach, where)) == 1
    assert lint.source_violations(allowed, where) == []


def test_a_utils_module_has_no_subject():
    assert len(lint.source_violations("", PurePath("messaging/utils.py"))) == 1


def test_rules_do_not_hold_where_the_thing_itself_lives():
    assert lint.source_violations("at = datetime.now(UTC)", PurePath("bloom/kernel/clock.py")) == []
    assert lint.source_violations("transaction.atomic()", PurePath("bloom/kernel/db.py")) == []
    assert lint.source_violations("connection.cursor()", PurePath("messaging/store.py")) == []
    assert lint.source_violations("at = datetime.now(UTC)", PurePath("messaging/tests/test_x.py")) == []


def test_files_are_read_from_disk_and_shown_from_the_root(tmp_path):
    source = tmp_path / "app" / "services.py"
    source.parent.mkdir()
    source.write_text("x = 1\nat = timezone.now()\n")
    (tmp_path / "app" / "migrations").mkdir()
    (tmp_path / "app" / "migrations" / "0001.py").write_text("at = timezone.now()\n")
    found = lint.violations(tmp_path.glob("**/*.py"), root=tmp_path)
    assert found == ["app/services.py:2: the clock is read by bloom.kernel.clock alone"]


def test_a_private_model_of_another_file_is_one(tmp_path):
    (tmp_path / "base.py").write_text("class Kept(PrivateModel): pass\n")
    (tmp_path / "models.py").write_text("class A(base.Kept):\n    b = models.ForeignKey(B, models.CASCADE)\n")
    found = lint.violations(tmp_path.glob("*.py"), root=tmp_path)
    assert found == ['models.py:2: a foreign key of a private model has related_name="+"']


def test_the_kernel_keeps_its_own_rules():
    root = Path(lint.__file__).parents[2]
    assert lint.violations((root / "bloom/kernel").glob("**/*.py"), root=root) == []
