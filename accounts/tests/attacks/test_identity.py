"""Names and addresses that pass for others, and passwords that programs guess."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules, services
from accounts.errors import EmailTaken
from accounts.models import User
from accounts.tests import factories as make
from accounts.types import RoleName
from bloom.kernel import clock
from bloom.kernel.errors import Invalid


@pytest.fixture(autouse=True)
def no_limits(settings):
    settings.ACCOUNT_RATE_LIMITS = False


SIGN_UP = "/accounts/signup/"
GOOD = {
    "role": "patient",
    "name": "Maya Torres",
    "email": "maya@example.org",
    "password1": "quiet river morning",
    "password2": "quiet river morning",
}


def refused(field: str, value: str) -> str:
    """What the page says at the field, with the rest of what was typed still there."""
    form = GOOD | {field: value}
    if field == "password1":
        form["password2"] = value
    page = Client().post(SIGN_UP, form)
    assert page.status_code == 200
    assert not User.objects.exists()
    shown = page.content.decode()
    kept = "email" if field != "email" else "name"
    assert GOOD[kept] in shown
    return " ".join(page.context["form"].errors.get(field, ()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    "email",
    [
        "maya@еxample.org",  # a Cyrillic e among Latin letters
        "maya@раураӏ.org",  # all Cyrillic, and all of it looks Latin
        "maya@xn--80ak6aa92e.com",  # the same, as the DNS writes it
        "maya@gооgle.com",  # two Cyrillic o
    ],
)
def test_an_address_that_looks_like_another(email):
    """ASVS 5.0 2.2.1: look-alike domains are refused, in letters and in punycode."""
    assert "look like others" in refused("email", email)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("patıent@bloom.demo", "cannot write"),  # a dotless i
        ("c@ü" + "x" * 62 + ".de", "cannot write"),  # longer than a label of the DNS can be
        ("a" * 243 + "@example.org", "longer than"),
    ],
    ids=ascii,
)
def test_an_address_that_nobody_can_be_written_to(email, words):
    """ASVS 5.0 2.2.1: a letter that looks like another makes no second account, and what can be no address is
    refused in words, wherever it is typed.
    """
    assert words in refused("email", email)
    page = Client().post("/accounts/password/reset/", {"email": email})
    assert words in " ".join(page.context["form"].errors["email"])
    assert email in page.content.decode()
    with pytest.raises(Invalid) as caught:
        services.email_change_ask(make.actor(make.patient(), factor_at=clock.now()), email, at=clock.now())
    assert words in str(caught.value.errors["email"])


@pytest.mark.parametrize(
    "email", ["maya@bücher.example", "maya@ελλάδα.example", "maya@例え.example", "m@example.org"]
)
def test_honest_addresses_of_other_scripts_are_not_refused(email):
    """ASVS 5.0 2.2.1: and nobody is refused for the script that they write in."""
    assert not rules.email_is_lookalike(rules.email_normal(email))


@pytest.mark.django_db
def test_two_accounts_for_one_mailbox():
    """ASVS 5.0 2.2.1: spellings that reach the same mailbox are one address, in the database, too."""
    make.patient(email="maya@xn--bcher-kva.example")
    for spelling in ["Maya@BÜCHER.example", "maya@bücher.example", "ｍａｙａ@bücher.example"]:
        with pytest.raises(EmailTaken):
            services.user_sign_up(
                make.SYSTEM,
                email=spelling,
                name="Maya",
                password_hash="x",
                role=RoleName.PATIENT,
                at=clock.now(),
            )


@given(st.emails())
def test_normal_addresses_stay_what_they_are(email):
    """ASVS 5.0 2.2.1: the normal spelling of a normal spelling is itself."""
    once = rules.email_normal(email)
    assert rules.email_normal(once) == once


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "Dr. Ma\u202eya",
        "Maya\u200b Torres",
        "Maya\u2060",
        "\ufeffMaya",
        "Maya\x00",
        "\u2066Maya",
        "\u200e",
        "M" * 151,
    ],
)
def test_a_name_that_hides_something(name):
    """ASVS 5.0 2.2.1: direction marks, invisible letters, and names without end are refused at the field."""
    assert refused("name", name)


@pytest.mark.django_db
def test_two_spellings_of_one_name():
    """ASVS 5.0 1.1.1: a name is kept in one spelling, so that the same letters are the same bytes."""
    Client().post(SIGN_UP, GOOD | {"name": "Zoe\u0308  Nguye\u0302\u0303n"})
    assert User.objects.get().name == "Zoë Nguyễn"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Password123!", "tried first"),
        ("qwertyuiop123", "tried first"),
        ("maya@example.org", "knows you"),
        ("bloomtherapy", "knows you"),
        ("abcabcabcabc", "easy to guess"),
        ("1234567890123", ""),
        ("short", ""),
        ("x" * 5000, "at most"),
    ],
)
def test_a_password_that_programs_guess(password, says):
    """ASVS 5.0 6.2.4, 6.2.11, 6.2.12: common, personal, patterned and endless passwords, with no list asked
    outside.
    """
    assert says in refused("password1", password)
    assert refused("password1", password)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "password", ["quiet river morning", "x7#Kd!pQ2vLz", "ünïcödé wörter sind gut", "a b " * 16 + "zebra"]
)
def test_long_and_plain_passwords_are_welcome(password):
    """ASVS 5.0 6.2.5, 6.2.8, 6.2.9: any characters, 64 and more, taken as they are."""
    Client().post(SIGN_UP, GOOD | {"password1": password, "password2": password})
    user = User.objects.get()
    assert user.check_password(password)
    assert not user.check_password(password.upper())
    assert not user.check_password(password[:-1])


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["role", "roles", "is_staff", "is_active", "is_superuser", "id", "user_id"])
def test_raising_oneself_by_a_field_that_the_form_lacks(field):
    """ASVS 5.0 8.2.3: what is posted besides the form is nothing, and a role must be one to choose."""
    Client().post(SIGN_UP, GOOD | {field: "admin"})
    user = User.objects.first()
    assert user is None or (user.role_names == {"patient"} and not user.is_staff)


@pytest.mark.django_db
def test_signing_up_as_staff():
    """ASVS 5.0 8.2.1: nor does the service take it from somebody who calls it directly."""
    with pytest.raises(Invalid):
        services.user_sign_up(
            make.SYSTEM, email="a@b.org", name="A", password_hash="x", role=RoleName.ADMIN, at=clock.now()
        )


@pytest.mark.django_db
def test_a_name_that_grows_when_it_is_spelt_normally():
    """ASVS 5.0 1.1.1: the normal spelling is what is measured, so that nothing too long reaches the table."""
    assert refused("name", "\u0958" * 150)
