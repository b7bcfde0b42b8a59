"""Readers mute commenters for themselves: on the server with an account, in this browser's cookie as a guest."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import erasure
from accounts.models import Commenter, User
from accounts.profiles import merging
from blog.models import Essay
from comments.models import Comment, Mute
from tests import make
from tests.comments.browser_client import Browser, Page, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]

COOKIE = settings.MUTES_COOKIE_NAME


@pytest.fixture
def root(essay: Essay) -> Comment:
    return make.comment(essay, "You fool.", by=make.guest("Tobias Fenn"))


@pytest.fixture
def reply(root: Comment) -> Comment:
    return make.comment(root.essay, "Not at all.", to=root, by=make.guest("Ines Okafor"))


def press(browser: Client, comment: Comment, value: str = "1", query: str = "") -> Any:
    return browser.post(f"/comments/{comment.pk}/mute/{query}", {"mute": value})


def classes(page: Page, comment: Comment) -> list[str]:
    return page.comment(comment).get("class", "").split()


def assert_muted(browser: Browser, comment: Comment, *, is_muted: bool = True) -> Page:
    page = browser.read(comment.essay)
    assert ("muted" in classes(page, comment)) == is_muted
    return page


@pytest.mark.parametrize("has_account", [True, False], ids=["account", "guest"])
def test_a_muted_comment_is_one_line_for_this_reader_alone(
    root: Comment, reply: Comment, stranger: Browser, has_account: bool
) -> None:
    browser = Browser(make.user("rosa") if has_account else None)
    response = press(browser, root, query="?order=newest&replies=folded&key=x")
    assert response.status_code == 303
    assert response.headers["Location"] == f"/comments/{root.pk}/?order=newest&replies=folded"
    page = assert_muted(browser, root)
    line = page.comment(root)[0]
    assert text_of(line).startswith("Tobias Fenn is muted for you. Show comment")
    assert "You fool." in text_of(next(line.iter("details")))
    assert "muted" not in classes(page, reply)
    assert "2 comments" in page.text
    assert_muted(stranger, root, is_muted=False)
    form = next(form for form in line.iter("form") if form.get("action", "").startswith(f"/comments/{root.pk}/mute/"))
    assert browser.post(form.get("action", ""), {"mute": "0"}).status_code == 303
    assert_muted(browser, root, is_muted=False)
    assert (Mute.objects.count(), COOKIE in browser.cookies and bool(browser.cookies[COOKIE].value)) == (0, False)


def test_muting_twice_changes_nothing_and_a_name_is_not_a_person(essay: Essay, root: Comment, reader: Browser) -> None:
    namesake = make.comment(essay, by=make.guest("Tobias Fenn", email="another@example.org"))
    press(reader, root)
    press(reader, root)
    assert Mute.objects.count() == 1
    assert_muted(reader, namesake, is_muted=False)


def test_without_script_a_page_has_all_actions_of_the_menu(root: Comment, guest: Browser) -> None:
    page = guest.read(f"/comments/{root.pk}/mute/")
    assert page.only("input[@id='link']").get("value") == f"http://testserver/comments/{root.pk}/"
    assert [text_of(link) for link in page.all("main//a")][-3:] == [
        "Report this comment", "Muted people", "Back to the comment",
    ]  # fmt: skip
    assert text_of(page.only("main//button")) == "Mute Tobias Fenn"
    press(guest, root)
    assert text_of(guest.read(f"/comments/{root.pk}/more/").only("main//button")) == "Unmute Tobias Fenn"
    listed = guest.read("/comments/muted/")
    assert text_of(listed.only("ul[@class='rows']/li")) == "Tobias Fenn Unmute"
    key = listed.only("input[@name='commenter']").get("value")
    assert guest.post("/comments/muted/", {"commenter": key, "mute": "0"}).status_code == 303
    assert "You haven’t muted anyone." in guest.read("/comments/muted/").text


def test_no_one_mutes_themselves(essay: Essay, rosa: User, reader: Browser, guest: Browser) -> None:
    make.rules(hold_first_comment=False)
    for browser, details in ((reader, {}), (guest, {"remember": "on"})):
        own = browser.post_comment(essay, text="My own.", **details)
        assert press(browser, own).status_code == 403
        assert_muted(browser, own, is_muted=False)
        assert not browser.read(f"/comments/{own.pk}/more/").all("main//button")
    assert not Mute.objects.exists()


def test_authors_of_hidden_comments_and_invalid_keys_are_not_muted(
    essay: Essay, root: Comment, guest: Browser, reader: Browser
) -> None:
    pending = make.comment(essay, status="pending")
    hidden = make.comment(make.essay(published=None), by=make.guest("Tobias Fenn"))
    for browser in (guest, reader):
        assert [press(browser, comment).status_code for comment in (pending, hidden)] == [404, 404]
        assert browser.post("/comments/muted/", {"commenter": "9" * 30}).status_code == 303
        assert browser.post("/comments/muted/", {"commenter": "x\0"}).status_code == 303
    assert not Mute.objects.exists()
    assert press(Browser(headers={"Sec-Fetch-Site": "cross-site"}), root).status_code == 403
    assert press(Browser(headers={}), root).status_code == 403  # no origin and no token


def test_a_browser_keeps_the_latest_fifty(essay: Essay, guest: Browser) -> None:
    comments = make.create_thread(essay, *[None] * 51)
    for comment in comments:
        press(guest, comment)
    names = [text_of(item) for item in guest.read("/comments/muted/").all("ul[@class='rows']/li")]
    assert len(names) == 50
    assert f"{comments[0].commenter.name} Unmute" not in names
    assert len(guest.cookies[COOKIE].value) < 1000


def test_a_forged_cookie_mutes_no_one(root: Comment, guest: Browser) -> None:
    press(guest, root)
    value = guest.cookies[COOKIE].value
    for forged in (value[:-1], f"[{root.commenter_id}]", "x", value.replace(":", ".")):
        guest.cookies[COOKIE] = forged
        assert_muted(guest, root, is_muted=False)


def test_after_a_login_both_mutes_apply_and_one_click_ends_both(root: Comment, rosa: User, guest: Browser) -> None:
    press(guest, root)
    guest.force_login(rosa)
    assert_muted(guest, root)
    press(guest, root)
    assert Mute.objects.get().commenter.user == rosa
    press(guest, root, "0")
    assert_muted(guest, root, is_muted=False)


def test_muting_needs_no_further_query(root: Comment, reply: Comment, reader: Browser, guest: Browser) -> None:
    for browser in (reader, guest):
        browser.read(root.essay)
        with CaptureQueriesContext(connection) as before:
            browser.read(root.essay)
        press(browser, root)
        with CaptureQueriesContext(connection) as after:
            assert_muted(browser, root)
        assert len(after) == len(before)


def test_mutes_by_an_account_are_limited(root: Comment, reader: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comments.mutes.actions.MUTES_A_MINUTE", 1)
    press(reader, root)
    again = press(reader, root)
    assert again.status_code == 429
    assert "Please wait" in again.text
    assert int(again.headers["Retry-After"]) > 0
    assert press(reader, root, "0").status_code == 303


@pytest.mark.both
def test_mutes_follow_a_merge(root: Comment, reply: Comment) -> None:
    rosa, other = (Commenter.objects.for_user(make.user()) for _ in range(2))
    tobias, ines = root.commenter, reply.commenter
    for by, of in ((rosa, tobias), (rosa, ines), (other, ines), (other, rosa), (tobias, ines)):
        Mute.objects.create(commenter=by, muted=of)
    merging.merge_commenters(tobias, ines)  # of the two mutes by rosa one is left, and tobias' own ends
    assert set(Mute.objects.values_list("commenter", "muted")) == {
        (rosa.pk, ines.pk), (other.pk, ines.pk), (other.pk, rosa.pk),
    }  # fmt: skip
    merging.merge_commenters(other, rosa)
    assert list(Mute.objects.values_list("commenter", "muted")) == [(rosa.pk, ines.pk)]


def test_an_erased_person_mutes_no_one_and_is_muted_by_no_one(root: Comment, reader: Browser, rosa: User) -> None:
    press(reader, root)
    me = Commenter.objects.for_user(rosa)
    Mute.objects.create(commenter=root.commenter, muted=me)
    erasure.erase(me)
    assert not Mute.objects.exists()


def test_the_data_export_lists_the_muted_people(root: Comment, reader: Browser) -> None:
    press(reader, root)
    answer = reader.get("/accounts/data/about-me.json").json()
    assert [row["muted__name"] for row in answer["comments.mute"]] == ["Tobias Fenn"]


# Top-level only


def open_replies(page: Page) -> dict[int, bool]:
    """Return whether the replies to each comment are open, by its key."""
    found = {item: details for item in page.all("li") for details in item.findall("details")}
    return {int(item.get("id", "")[8:]): details.get("open") is not None for item, details in found.items()}


def test_top_level_only_closes_the_replies_to_roots(root: Comment, reply: Comment, guest: Browser) -> None:
    make.comment(root.essay, to=reply)
    path = root.essay.get_absolute_url()
    page = guest.read(root.essay)
    assert open_replies(page) == {root.pk: True, reply.pk: True}
    switch = next(link for link in page.all("nav[@class='tools']//a") if text_of(link) == "Top-level only")
    folded = guest.read(switch.get("href", "").partition("#")[0])
    assert open_replies(folded) == {root.pk: False, reply.pk: True}
    links = {text_of(link): link for link in folded.all("nav[@class='tools']//a")}
    assert links["Top-level only"].get("aria-current") == "true"
    assert links["Top-level only"].get("href") == f"{path}#comments"
    assert links["Newest"].get("href") == f"{path}?order=newest&replies=folded#comments"
    assert folded.only("link[@rel='canonical']").get("href", "").endswith(path)
    replying = guest.read(f"{path}?replies=folded&replyto={reply.pk}")
    assert open_replies(replying)[root.pk]  # the form is inside


def test_a_permalink_keeps_top_level_only(root: Comment, reply: Comment, guest: Browser) -> None:
    response = guest.get(f"/comments/{reply.pk}/?replies=folded")
    assert "replies=folded" in urlsplit(response.headers["Location"]).query


def test_without_replies_there_is_nothing_to_fold(essay: Essay, root: Comment, guest: Browser) -> None:
    make.comment(essay)
    assert "Top-level only" not in guest.read(essay).text
