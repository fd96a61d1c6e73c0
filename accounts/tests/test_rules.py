"""The pure decisions, by example and by property."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import rules


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Maya Torres", None),
        ("محمد بن سلمان", None),
        ("Nguyễn Thị Ánh", None),
        ("O’Brien-Smith 3rd", None),
        ("   ", "blank"),
        ("", "blank"),
        *((blank, "blank") for blank in "\u200b\u200e\u2800\u3164\u115f\u1160\uffa0\ufe0f\u2065"),
        (" \u3164\u200b ", "blank"),
        ("x" * 150, None),
        ("x" * 151, "long"),
        ("a\x00b", "characters"),
        ("a\nb", "characters"),
        ("Anna \u202egnirts", "characters"),
        ("a\ud800b", "characters"),
        # Latin, with one letter of another alphabet in the word.
        ("\u0410nna Lindqvist", "mixed"),
        ("Tom Br\u03b1ndt", "mixed"),
        # Whole words may each be of their own: these are what people are called.
        ("Анна Lindqvist", None),
        ("Дж. О’Brien", None),
        ("田中Anna", None),
        ("Anna 2nd", None),
    ],
)
def test_name_problem(name, problem):
    assert rules.name_problem(name) == problem


@pytest.mark.parametrize(
    ("email", "misleads"),
    [
        ("maya@example.org", False),
        ("maya@bücher.de", False),
        ("maya@пример.рф", False),
        # What cannot be seen falls away, and what only looks wider is its ordinary self.
        ("maya@exam\u200bple.org", False),
        ("maya@ｅxample.org", False),
        ("maya@ex\u0430mple.org", True),
        ("maya@\u0430\u0440\u0440\u04cf\u0435.com", True),
        ("maya@xn--80ak6aa92e.com", True),
        ("maya@\u03b9ntel.com", True),
        ("maya@example.org\u202e", True),
        ("maya\u202e@example.org", True),
    ],
)
def test_what_could_be_taken_for_another_address(email, misleads):
    normal = rules.email_normal(email)
    assert rules.email_is_lookalike(normal) == misleads
    if not misleads:
        # Shown as it is kept, it cannot be read as another.
        assert normal.isascii()


@given(st.emails())
def test_email_normal_is_stable_and_blind_to_case(email):
    normal = rules.email_normal(email)
    assert rules.email_normal(normal) == normal
    assert rules.email_normal(f" {email.upper()} ") == rules.email_normal(email.upper())
    assert normal == normal.lower()


@given(st.text(max_size=80))
def test_a_token_prefix_is_found_in_tokens_alone(text):
    assert rules.token_prefix(text) is None


@given(
    st.text(string.ascii_lowercase + string.digits, min_size=12, max_size=12),
    st.text(string.ascii_letters + string.digits + "-_", min_size=43, max_size=43),
)
def test_token_prefix_reads_what_token_write_wrote(prefix, secret):
    assert rules.token_prefix(rules.token_write(prefix, secret)) == prefix


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=3))
def test_cursor_read_reads_what_cursor_write_wrote(parts):
    cursor = rules.cursor_write(*parts)
    assert rules.cursor_read(cursor, len(parts)) == tuple(parts)
    assert rules.cursor_read(cursor, len(parts) + 1) is None


@pytest.mark.parametrize("part", ["a\x00b", "\ud800"])
def test_a_cursor_holds_nothing_that_no_column_does(part):
    assert rules.cursor_read(rules.cursor_write(part), 1) is None


@given(st.text())
def test_any_text_as_a_cursor_is_refused_quietly(text):
    assert rules.cursor_read(text, 9) is None


def test_scopes():
    assert rules.scopes_unknown(["conversations:write", "profile:read"]) == []
    assert rules.scopes_unknown(["conversations", "a:write", "*"]) == ["*", "a:write", "conversations"]


@pytest.mark.parametrize(
    ("claimed", "taken"),
    [("America/Chicago", "America/Chicago"), ("", "UTC"), ("../etc", "UTC")],
)
def test_what_a_browser_claims_is_only_a_hint(claimed, taken):
    assert rules.time_zone_or_utc(claimed) == taken


@pytest.mark.parametrize(("length", "problem"), [(64, None), (65, "long"), (80, "long")])
def test_what_stands_before_the_at_is_as_long_as_mail_servers_take(length, problem):
    """RFC 5321, section 4.5.3.1.1."""
    assert rules.email_problem(f"{'a' * length}@example.org") == problem


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Unlock at evil.example/unlock", True),
        ("evil.example", True),
        ("Go to Evil.Example now", True),
        ("See https://evil", True),
        ("WWW.evil", True),
        ("pay-here.co.", True),
        ("Dr.Torres", False),
        ("Dr. med. Jonas Weber", False),
        ("St.Mary Clinic", False),
        ("J.R. Smith", False),
        ("J.R.Smith, Ph.D.", False),
        ("Maya Torres Jr.", False),
        ("Harbor Family Counseling, Inc.", False),
        ("Praxis im Hof e.V.", False),
    ],
)
def test_a_name_holds_no_web_address(text, holds):
    assert rules.holds_web_address(text) == holds
