"""Cleanup and comparison of names."""

import string
import time

import pytest
from confusable_homoglyphs.utils import load
from hypothesis import given
from hypothesis import strategies as st

from accounts.profiles.names import fold, looks_latin, mixes_scripts, tidy_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Jane \t Doe\u3000", "Jane Doe"),
        ("a\r\nBcc: x@example.com", "a Bcc: x@example.com"),
        ("Jose\u0301", "José"),
        ("A\u200bdmin\u200d", "Admin"),
        ("\u202eeno\u202c", "eno"),
        ("\u0301\u0302Ann", "Ann"),
        ("Z" + "\u0335\u0336" * 30, "Z" + "\u0335\u0336" * 2),
        ("staff \ue000\U000f0000", "staff"),
        ("\u2800\u3164 \u200f", ""),
        ("so\u00adft", "soft"),
        ("علی\u200cرضا", "علی\u200cرضا"),
        ("श्री\u200d👩\u200d🚀", "श्री\u200d👩\u200d🚀"),
        ("<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"),
        ("%s{0}{{7*7}}", "%s{0}{{7*7}}"),
    ],
)
def test_a_name_is_one_line_of_visible_characters(typed: str, kept: str) -> None:
    assert tidy_line(typed) == kept


def test_a_name_is_shortened_between_characters() -> None:
    assert tidy_line("n" * 300, 245) == "n" * 245
    assert tidy_line("é" * 5, 5) == "éé"
    assert tidy_line("ab cd", 3) == "ab"
    assert tidy_line("👩\u200d🚀", 8) == "👩"


@given(text=st.text(), limit=st.integers(0, 40))
def test_tidying_twice_changes_nothing_and_respects_the_limit(text: str, limit: int) -> None:
    name = tidy_line(text, limit)
    assert tidy_line(name, limit) == name
    assert len(name.encode()) <= limit
    assert len(name.splitlines()) <= 1


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Admin", "\u0410dmin"), ("Admin", "Adm\u0131n"), ("Admin", "ＡＤＭＩＮ"), ("Admin", "A\u200bdmin"), ("Author", "  Author "),
        ("Author", "AUTHOR"), ("Author", "Auth\u00f6r\u200d"), ("Jane Doe", "jane.doe"), ("Jane Doe", "JaneDoe"), ("Ann", "Αnn"),
        ("Paul", "PauI"), ("Paul", "Pau1"), ("Otto", "0tt0"), ("Marner", "Mamer"), ("Will", "\U0001d54e\U0001d55a\U0001d55d\U0001d55d"),
        ("Ada", "\U0001f170da"), ("Ada", "🄰ⓓⓐ"), ("Sam", "ꜱᴀᴍ"), ("Lech", "Łech"), ("Miriam", "ᗰIᖇIᗩᗰ"), ("Miriam", "ꓟꓲꓣꓲꓮꓟ"), ("Otto", "𐐬𐊗𐊗𐓪"), ("Tom", "Ⲧⲟⲙ"), ("Иван", "ИВАН"),
        ("Straße", "STRASSE"),
    ],
)  # fmt: skip
def test_names_that_look_alike_fold_to_the_same(name: str, other: str) -> None:
    assert fold(name) == fold(other)


@pytest.mark.parametrize(
    ("name", "other"),
    [("Jane", "Joan"), ("王", "玉"), ("محمد", "احمد"), ("★", "☆"), ("Anna", "Ann"), ("Мария", "Марина")],
)
def test_names_that_differ_stay_apart(name: str, other: str) -> None:
    assert fold(name) != fold(other)


def test_every_latin_lookalike_in_unicodes_table_folds_to_its_letter() -> None:
    """Except those that Unicode's compatibility mappings map to another letter."""
    confusables = load("confusables.json")
    latin = {*string.ascii_letters, "0", "1"}
    missed = {
        letter
        for letter, alike in confusables.items()
        if len(letter) == 1 and not letter.isascii() and letter.isalnum()
        for reading in [each["c"] for each in alike if each["c"] in latin]
        if fold(letter) != fold(reading)
    }
    assert missed == {*"ſẝϲϹ"}


@given(text=st.text(min_size=1))
def test_folding_twice_changes_nothing_and_never_empties_a_name(text: str) -> None:
    assert bool(fold(text)) == bool(tidy_line(text))


@pytest.mark.parametrize("name", ["\u0410dmin", "Иvan", "Αnna Smith", "pаypal"])
def test_a_word_that_mixes_similar_scripts_is_detected(name: str) -> None:
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    "name", ["Jean-Luc", "Иван Petrov", "Tシャツ", "王Anna", "Ελένη", "محمد Ali", "Renée", "O’Brien 3rd", "★"]
)
def test_a_name_with_one_script_per_word_is_accepted(name: str) -> None:
    assert not mixes_scripts(name)


@pytest.mark.parametrize("name", ["\u0316\u0301" * 50_000, "a\u0301" * 50_000, "\u0627\u200d" * 50_000, "ﷺ" * 20_000])
def test_checking_a_long_name_is_fast(name: str) -> None:
    started = time.process_time()
    tidy_line(name, 245)
    fold(name)
    mixes_scripts(name)
    assert time.process_time() - started < 1


def test_non_latin_words_that_look_latin_are_detected() -> None:
    assert looks_latin("аррӏе")
    assert not looks_latin("москва")
    assert not looks_latin("apple")
    assert not looks_latin("123")
