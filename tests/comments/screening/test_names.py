"""Commenters' names: impersonating and ordinary ones."""

import pytest

from blog.models import Essay
from comments.models import Status
from tests import make
from tests.comments.approvals import approve, reasons
from tests.comments.browser_client import Browser, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Miriam Achterberg", "name"),
        ("miriam achterberg", "name"),
        ("Мiriam Асhtеrbеrg", "name"),
        ("Ｍｉｒｉａｍ　Ａｃｈｔｅｒｂｅｒｇ", "name"),
        ("Miriam\u200bAchterberg\u00ad", "name"),
        ("Mírïam Achterbérg", "name"),
        ("Miriarn Achterberg", "name"),
        ("M1riam Achterberg", "name"),
        ("MIRIAM", "name"),
        ("Admin", "office"),
        ("Аdmin", "office"),
        ("Admın", "office"),
        ("Authör\u200d", "office"),
        ("  moderator ", "office"),
    ],
)
def test_an_impersonating_name_is_held_and_never_marked(essay: Essay, guest: Browser, name: str, code: str) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.post_comment(essay, name=name)
    assert code in reasons(comment)
    approve(comment)
    page = guest.read(essay)
    assert "by-author" not in str(page.comment(comment).get("class"))
    assert page.find("*[@class='role']") is None


def test_a_name_of_several_scripts_in_one_word_is_held(essay: Essay, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    comment = guest.post_comment(essay, name="Аnna", remember="on")  # the first letter is Cyrillic
    assert reasons(comment) == ["mixed"]
    approve(comment)
    assert guest.post_comment(essay, name="Аnna", text="Again.").status == Status.APPROVED


@pytest.mark.parametrize("name", ["Miriam", "Anna", "Ada Minor", "Authenrieth"])
def test_an_ordinary_name_is_not_taken_for_impersonation(guest: Browser, name: str) -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay(by=make.author("ma", name="Miriam Achterberg"))
    assert guest.post_comment(essay, name=name).status == Status.APPROVED


def test_a_name_is_one_line_of_visible_characters(essay: Essay, guest: Browser) -> None:
    comment = guest.post_comment(essay, name=" Anna\r\n\tvon\u202e  Karg\x00 ")
    assert comment.commenter.name == "Anna von Karg"


def test_markup_in_a_name_is_shown_as_typed(essay: Essay, guest: Browser) -> None:
    name = "<img src=x onerror=alert(1)> & \"Sons\" {{ 7|add:'7' }}"
    comment = guest.post_comment(essay, name=name, remember="on")
    approve(comment)
    page = guest.read(f"{essay.get_absolute_url()}?replyto={comment.pk}")
    assert name in text_of(page.comment(comment))
    assert f"Leave a Reply to {name}" in text_of(page.by_id("respond"))
    assert page.find("img[@src='x']") is None
    assert page.form_values["name"] == name
