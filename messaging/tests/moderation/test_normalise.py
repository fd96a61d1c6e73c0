"""What a reader sees is what the rules see."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.moderation.normalise import normalise

ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=200)
TYPED_TEXT = st.text(
    st.sampled_from("abikl 1034 .,-_*!?@$'\"\n  іаеорсуЖдпńéＡ🅺😔\u200b\u034f\u0301"), max_size=60
)


def words(text: str) -> str:
    return normalise(text).words


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", "."),
        ("I want to DIE!!", ". i want to die ."),
        ("Don't  go", ". dont go ."),
        ("yes, and no", ". yes , and no ."),
        ("k i l l  m y s e l f", ". kill myself ."),
        ("k.i.l.l m.y.s.e.l.f", ". kill myself ."),
        ("k-1-l-l", ". kill ."),
        ("k1ll mys3lf", ". kill myself ."),
        ("k!ll", ". kill ."),
        ("k*ll", ". k*ll ."),
        ("*sigh* ok", ". sigh ok ."),
        ("kiiiiill", ". kill ."),
        ("killlll", ". kill ."),
        ("dieeee", ". die ."),
        ("feeeel", ". feel ."),
        ("#iwanttodie", ". i want to die ."),
        ("ｋｉｌｌ 𝖒𝖞𝖘𝖊𝖑𝖋", ". kill myself ."),
        ("kіll mуsеlf", ". kill myself ."),
        ("ki\u200bl\u00adl", ". kill ."),
        ("k\u0336i\u0336l\u0336l\u0336", ". kill ."),
        ("ki\u202ell", ". kill ."),
        ("🅺🅸🅻🅻 🇲🇪", ". kill me ."),
        ("mañana así", ". manana asi ."),
        ("haha 😂", ". haha lol ."),
        ("ɪ ᴡᴀɴᴛ ᴛᴏ ᴅɪᴇ", ". i want to die ."),
        ("I want to <b>kill</b> myself", ". i want to kill myself ."),
        ("i rly wantt", ". i really want ."),
        ("50mg at 3am, room 5", ". 50mg at 3am , room 5 ."),
        ("die!", ". die ."),
        ("see item A or B", ". see item a or b ."),
        ("I I I think", ". i i i think ."),
    ],
)
def test_disguises_are_seen_through(typed, read):
    assert words(typed) == read


@pytest.mark.parametrize(
    ("typed", "words_read", "joined_read"),
    [
        ("I want. To die", ". i want . to die .", ". i want . to die ."),
        ("one\ntwo three", ". one . two three .", ". one two three ."),
        ("one\n\ntwo three", ". one . two three .", ". one . two three ."),
        ("I.want.to", ". i . want . to .", ". i want to ."),
        ("fine.I want", ". fine . i want .", ". fine i want ."),
        ("I 😔 want", ". i , want .", ". i want ."),
        ("so 😂 want", ". so lol want .", ". so want ."),
        ("want it 😂", ". want it lol .", ". want it lol ."),
        ("I. want. to. die.", ". i . want . to . die .", ". i want to die ."),
        ("kiII myseIf", ". ki myseif .", ". kill myself ."),
    ],
)
def test_what_may_be_a_pause_or_a_space_is_read_both_ways(typed, words_read, joined_read):
    reading = normalise(typed)

    assert (reading.words, reading.joined) == (words_read, joined_read)


@pytest.mark.parametrize(
    "text",
    [
        "мне сегодня лучше",
        "кот спит дома",
        "το σπίτι μου",
        "今天好多了",
        "오늘은 좋아요",
        "आज",
    ],
)
def test_real_words_of_other_scripts_stay_as_they_are(text):
    assert normalise(text).surface == text


def test_the_surface_keeps_what_numbers_and_links_need():
    assert (
        normalise("Card ４１１１-1111, https://a.example/?q=1").surface
        == "card 4111-1111, https://a.example/?q=1"
    )


@settings(deadline=None, max_examples=400)
@given(ANY_TEXT | TYPED_TEXT)
@example("a  b cd  e f g")
@example("İ ǅ ﷺ ß ŉ")
@example("\ud800 a \x00")
@example("A'ЅД")
@example("A0!Д")
@example("A:0:A")
@example("aaa b c")
def test_each_view_is_its_own_normal_form(text):
    reading = normalise(text)

    assert normalise(reading.surface).surface == reading.surface
    assert normalise(reading.words).words == reading.words


@settings(deadline=None, max_examples=300)
@given(ANY_TEXT)
def test_views_hold_nothing_that_the_engine_reserves(text):
    reading = normalise(text)

    assert not any("A" <= char <= "Z" for char in reading.surface + reading.words)
    for view in (reading.words, reading.joined):
        assert view[0] == view[-1] == "."
        assert "  " not in view
        assert not any("A" <= char <= "Z" for char in view)
    reading.surface.encode()


@settings(deadline=None)
@given(ANY_TEXT)
@example("\ufdfa")
@example("\u3300㏂⒈😂")
def test_a_view_is_never_much_longer_than_the_text(text):
    """Compatibility forms expand a character to 4 at most, and a full stop gets two spaces."""
    reading = normalise(text)

    assert max(map(len, (reading.surface, reading.words, reading.joined))) <= 4 * 3 * len(text) + 3
