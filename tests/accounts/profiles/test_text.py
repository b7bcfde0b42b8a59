"""Removal of invisible characters in every script."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.profiles.names import tidy_text


@pytest.mark.parametrize(
    "text",
    [
        "plain, “quoted” — and\ttabbed\nlines",
        "👩\u200d👩\u200d👧\u200d👦 👩🏽\u200d🚀 🏳\ufe0f\u200d🌈 ❤\ufe0f\u200d🔥 🧔\u200d♂\ufe0f 1\ufe0f\u20e3 🇩🇪 👍🏿",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f wins",
        "می\u200cخواهم نامه\u200cای ه\u200d.ش",
        "क\u094d\u200dष क\u094d\u200cष শ\u09cd\u200cশ ശ\u0d4d\u200dര",
        "ශ\u0dca\u200dර\u0dd3 ලංකා",
        "ภาษา\u200bไทย ភាសា\u200bខ្មែរ မြန်မာ\u200bစာ",
        "ᠮᠣᠩᠭᠣᠯ\u180eᠠ",
        "שלום (C++\u200f) בְּרֵאשִׁ֖ית",
        "مرحبا C++\u200e و \u061c1-2",
        "٣\u0600 رقم ۝",
        "Tiếng Việt e\u0302\u0301 Straße İstanbul ﬁne Ångström",
        "漢字\u3000葛\U000e0100城市 﨑神",
        "soft\u00adhyphen no\u00a0break",
        "x\u0304\u0301 ɔ\u0301\u0323 t\u0361s",
        "𓀀 𝔄 🜁 ⠓⠑⠇⠇⠕",
    ],
)
def test_characters_that_scripts_and_emoji_need_are_kept(text: str) -> None:
    assert tidy_text(text) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x0bf\x0cg\x85h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\x00b\x01\x08\x1b[31m\x7f\x9b0m", "ab[31m0m"),
        ("\u202etxet desrever\u202c \u2066a\u2069 \u2067b\u202a\u202b\u202d", "txet desrever a b"),
        ("a\ud800b\udfff", "ab"),
        ("ok\U000e0062\U000e0075\U000e0079 \U0001f3f4\U000e0062\U000e0075\U000e0079\U000e007f", "ok \U0001f3f4"),
        ("a\u200bd\u200cm\u200di\ufeffn\u2060\u2063\u206a", "admin"),
        ("latin\u200e only\u200f\u061c", "latin only"),
        ("می\u200c\u200c\u200c\u200dخ", "می\u200cخ"),
        ("👩\u200d \u200d👩 x\u200d👩", "👩 👩 x👩"),
        ("a" + "\u0300\u0316" * 20, "a" + "\u0300\u0316" * 2),
        ("a\ufe00\ufe01\ufe02\U000e0100\U000e0101", "a\ufe00"),
        ("blank\u3164\u115f\uffa0letters\u17b4", "blankletters"),
        ("\ufdd0\ufffe\uffff\U0001fffe\ufff9note\ufffb", "note"),
        ("\U0010fff0\U0010fff1\U0010fff2\U0010fff3", ""),
    ],
)
def test_invisible_characters_and_excess_marks_are_removed(text: str, kept: str) -> None:
    assert tidy_text(text) == kept


@given(text=st.text())
def test_tidying_twice_changes_nothing_and_leaves_only_storable_characters(text: str) -> None:
    tidied = tidy_text(text)
    assert tidy_text(tidied) == tidied
    tidied.encode()
    assert not {"Cc", "Cs"} & {unicodedata.category(letter) for letter in tidied if letter not in "\t\n"}


@given(text=st.text(st.characters(categories=["L", "N", "P", "Sc", "Sm", "Zs"])))
def test_letters_digits_and_punctuation_are_never_changed(text: str) -> None:
    assert tidy_text(text) == "".join(letter for letter in text if letter not in "\u115f\u1160\u3164\uffa0")
