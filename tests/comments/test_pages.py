"""Which comments stand on which page, what is in the place of those that do not, and how little is asked for it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Commenter, User
from blog.models import Essay
from comments import drawing
from comments.models import Comment, Discussion
from moderation import actions as deciding
from tests import make
from tests.comments.door import Browser, Page, place, words

pytestmark = [pytest.mark.django_db, pytest.mark.once]

KEY = "0" * 32
TRANSACTION = re.compile(r"BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE")


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """Fails when more is asked of the database than that; what opens and ends transactions asks nothing."""
    with CaptureQueriesContext(connection) as captured:
        yield
    asked = [query["sql"] for query in captured.captured_queries if not TRANSACTION.match(query["sql"])]
    assert len(asked) <= count, "\n".join([f"{len(asked)} queries:", *asked])


def roots(essay: Essay, count: int) -> list[Comment]:
    return make.talk(essay, *[None] * count)


def address(essay: Essay, query: str = "") -> str:
    return f"{essay.get_absolute_url()}{query}"


def pager(page: Page) -> dict[str, str]:
    return {words(link): str(link.get("href")) for link in page.all("nav[@class='pager']/a")}


def keys(comments: list[Comment]) -> list[int]:
    return [comment.pk for comment in comments]


# Pages


@pytest.mark.both
def test_fifty_threads_stand_on_a_page_however_many_replies_they_have(essay: Essay, guest: Browser) -> None:
    said = roots(essay, 51)
    replies = [make.comment(essay, to=said[0]) for _ in range(3)]
    first = guest.read(essay)
    assert first.shown == [said[0].pk, *keys(replies), *keys(said[1:50])]
    assert list(pager(first)) == ["Newer Comments"]
    second = guest.read(pager(first)["Newer Comments"])
    assert second.shown == [said[50].pk]
    assert list(pager(second)) == ["Older Comments"]
    assert place_of(pager(second)["Older Comments"]) == essay.get_absolute_url()
    assert "54 responses" in first.words
    assert "54 responses" in second.words


def place_of(link: str) -> str:
    return link.partition("#")[0]


def test_one_page_of_threads_has_no_pager(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=3)
    roots(essay, 3)
    assert guest.read(essay).find("nav[@class='pager']") is None


@pytest.mark.both
@pytest.mark.parametrize(
    ("order", "onwards", "sign"), [("oldest", "Newer Comments", 1), ("newest", "Older Comments", -1)]
)
def test_the_pager_leads_past_every_thread_once(
    essay: Essay, guest: Browser, order: str, onwards: str, sign: int
) -> None:
    make.rules(threads_a_page=3)
    said = roots(essay, 7)
    shown, link = [], address(essay, f"?order={order}")
    for _ in range(3):
        page = guest.read(link)
        shown += page.shown
        link = pager(page).get(onwards, "")
    assert link == ""
    assert shown == keys(said)[::sign]


def test_replies_stand_in_order_of_time_where_the_newest_thread_comes_first(essay: Essay, guest: Browser) -> None:
    first, second = roots(essay, 2)
    replies = [make.comment(essay, to=first) for _ in range(3)]
    assert guest.read(address(essay, "?order=newest")).shown == [second.pk, first.pk, *keys(replies)]


def test_the_owner_chooses_the_usual_order_and_a_reader_the_other(essay: Essay, guest: Browser) -> None:
    said = keys(roots(essay, 3))
    make.rules(order="newest")
    page = guest.read(essay)
    assert page.shown == said[::-1]
    tools = {words(link): link for link in page.all("nav[@class='tools']//a")}
    assert tools["Newest"].get("aria-current") == "true"
    other = guest.read(str(tools["Oldest"].get("href")))
    assert other.shown == said


def test_an_order_that_the_browser_remembers_holds_where_the_address_names_none(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=2, hold_first_comment=False)
    said = roots(essay, 5)
    guest.cookies["order"] = "newest"
    assert guest.read(essay).shown == keys(said[:2:-1])
    for comment in said:
        assert comment.pk in guest.read(comment.get_absolute_url()).shown
    named = guest.read(address(essay, "?order=oldest"))
    assert named.shown == keys(said[:2])
    assert guest.read(pager(named)["Newer Comments"]).shown == keys(said[2:4])
    answer = guest.say(essay, text="Where will it stand?", parent=str(said[0].pk))
    assert answer.pk in guest.read(answer.get_absolute_url()).shown
    guest.cookies["order"] = "newest'--"
    assert guest.read(essay).shown == keys([said[0], answer, said[1]])


@pytest.mark.parametrize("query", ["order=", "order=liked-a-lot", "order=%00", "order=newest'--"])
def test_an_order_that_is_none_is_the_usual_one(essay: Essay, guest: Browser, query: str) -> None:
    said = keys(roots(essay, 2))
    assert guest.read(address(essay, f"?{query}")).shown == said


@pytest.mark.parametrize(
    "number",
    [
        *["0", "-1", "3", "1e9", "abc", "", "1.5", "١", "９", "+1", " 1"],
        *(pytest.param(number, marks=pytest.mark.both) for number in ("999999", "%00", "9" * 20, "9" * 5000)),
    ],
)
def test_a_number_that_is_no_page_is_not_found(essay: Essay, guest: Browser, number: str) -> None:
    make.rules(threads_a_page=1)
    roots(essay, 2)
    assert guest.get(address(essay, f"?cpage={number}")).status_code == 404


def test_the_first_page_is_there_before_anything_was_said(essay: Essay, guest: Browser) -> None:
    page = guest.read(address(essay, "?cpage=1"))
    assert page.status == 200
    assert "No Comments" in page.words
    assert "Leave a Reply" in page.words


# Permalinks


@pytest.mark.both
@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_every_comment_is_found_by_its_own_address(essay: Essay, guest: Browser, order: str) -> None:
    make.rules(threads_a_page=2)
    said = roots(essay, 5)
    said += [make.comment(essay, to=said[number]) for number in (0, 1, 4)]
    said += [make.comment(essay, to=said[-1])]
    for comment in said:
        on = guest.get(f"/comments/{comment.pk}/?order={order}")
        assert on.status_code == 302
        assert on.headers["Location"].endswith(f"#comment-{comment.pk}")
        assert ("order=newest" in on.headers["Location"]) == (order == "newest")
        assert comment.pk in guest.read(place(on)).shown


def test_a_permalink_follows_its_comment_when_pages_shift(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first, second = roots(essay, 2)
    onward = place(guest.get(f"/comments/{second.pk}/"))
    assert guest.read(onward).shown == [second.pk]
    deciding.trash(first, by=make.moderator())
    assert guest.read(onward).shown == [second.pk]
    deciding.restore(first, by=make.moderator())
    make.rules(order="newest")
    assert guest.read(onward).shown == [second.pk]


@pytest.mark.parametrize("status", ["pending", "spam", "trash"])
def test_the_address_of_what_is_not_shown_is_not_found(essay: Essay, guest: Browser, status: str) -> None:
    comment = make.comment(essay, status=status)
    assert guest.get(f"/comments/{comment.pk}/").status_code == 404


def test_the_address_of_a_tombstone_leads_to_it(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    make.comment(essay, to=root)
    deciding.trash(root, by=make.moderator())
    assert guest.get(f"/comments/{root.pk}/").status_code == 302


@pytest.mark.both
@pytest.mark.parametrize("number", ["0", "987654321", "9" * 30])
def test_the_address_of_a_comment_that_never_was_is_not_found(guest: Browser, number: str) -> None:
    assert guest.get(f"/comments/{number}/").status_code == 404


def test_a_comment_under_what_is_no_longer_published_is_not_found(essay: Essay, guest: Browser) -> None:
    comment = make.comment(essay)
    Essay.objects.update(published=None)
    assert guest.get(f"/comments/{comment.pk}/").status_code == 404


# Answering without script


def test_the_form_stands_under_the_comment_that_is_answered(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay, by=make.guest("Ines Okafor"))
    make.comment(essay, to=root)
    link = guest.read(essay).comment(root).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("aria-label") == "Reply to Ines Okafor"
    page = guest.read(str(link.get("href")))
    form = page.id("respond")
    assert form in list(page.comment(root).iter())
    assert "Leave a Reply to Ines Okafor" in words(form)
    assert page.form["parent"] == str(root.pk)
    cancel = page.one("a[@class='cancel']")
    assert (words(cancel), cancel.get("hidden")) == ("Cancel reply", None)
    assert cancel.get("href") == address(essay, f"#comment-{root.pk}")


def test_the_form_is_found_on_the_page_that_holds_the_comment(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    second = roots(essay, 2)[1]
    page = guest.read(address(essay, f"?replyto={second.pk}"))
    assert page.shown == [second.pk]
    assert page.form["parent"] == str(second.pk)


def test_a_reply_link_keeps_page_and_order(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first = roots(essay, 2)[0]
    page = guest.read(address(essay, "?cpage=2&order=newest"))
    link = page.comment(first).find(".//a[@class='reply']")
    assert link is not None
    assert link.get("href") == address(essay, f"?cpage=2&order=newest&replyto={first.pk}#respond")


@pytest.mark.parametrize(
    "wish",
    [
        *["0", "-1", "abc", "١", "9" * 5000, "{foreign}"],
        *(pytest.param(wish, marks=pytest.mark.both) for wish in ("%00", "9" * 18, "9" * 30, "{pending}")),
    ],
)
def test_what_cannot_be_answered_is_not_offered(essay: Essay, guest: Browser, wish: str) -> None:
    pending, foreign = make.comment(essay, status="pending"), make.comment(make.essay())
    page = guest.read(address(essay, "?replyto=" + wish.format(pending=pending.pk, foreign=foreign.pk)))
    assert page.status == 200
    assert page.form["parent"] == ""
    assert "Leave a Reply to" not in words(page.id("respond"))


def test_closed_comments_are_read_and_not_answered(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    Discussion.objects.update(is_open=False)
    page = guest.read(address(essay, f"?replyto={root.pk}"))
    assert page.shown == [root.pk]
    assert "Comments are closed." in page.words
    assert page.find("form[@id='respond']") is None
    assert page.find("a[@class='reply']") is None


# What is not shown


@pytest.mark.parametrize(
    ("status", "removed_by", "said"),
    [
        ("trash", "moderator", "Removed by a moderator."),
        ("spam", "moderator", "Removed by a moderator."),
        ("trash", "author", "Removed by its author."),
        ("pending", "", "This comment is not shown."),
    ],
)
def test_a_tombstone_says_by_whom_and_nothing_else(
    essay: Essay, guest: Browser, status: str, removed_by: str, said: str
) -> None:
    root = make.comment(essay, "Unspeakable", by=make.guest("Ines Okafor"))
    reply = make.comment(essay, "I heard it.", to=root)
    Comment.objects.filter(pk=root.pk).update(status=status, removed_by=removed_by)
    page = guest.read(essay)
    assert page.shown == [root.pk, reply.pk]
    tomb = page.comment(root)
    assert tomb.get("data-status") == status
    assert "gone" in str(tomb.get("class"))
    assert words(tomb).startswith(said)
    assert "Unspeakable" not in page.html
    assert "Ines Okafor" not in page.html
    assert [link.get("data-comment") for link in page.all("a[@class='reply']")] == [str(reply.pk)]


def test_nothing_is_left_of_a_removed_comment_without_replies(essay: Essay, guest: Browser) -> None:
    root, moderator = make.comment(essay), make.moderator()
    reply = make.comment(essay, to=root)
    deciding.trash(reply, by=moderator)
    page = guest.read(essay)
    assert page.shown == [root.pk]
    assert page.find("details[@class='replies']") is None
    assert "One response" in page.words
    deciding.trash(root, by=moderator)
    assert guest.read(essay).shown == []


@pytest.mark.both
def test_tombstones_hold_up_what_hangs_from_them_at_any_depth(essay: Essay, guest: Browser) -> None:
    moderator = make.moderator()
    chain = make.talk(essay, None, *range(6))
    for comment in chain[:-1]:
        deciding.trash(comment, by=moderator)
    page = guest.read(essay)
    assert page.shown == keys(chain)
    assert page.words.count("Removed by a moderator.") == 6
    assert "in reply to" not in page.words  # nobody is named
    deciding.trash(chain[-1], by=moderator)
    page = guest.read(essay)
    assert page.shown == []
    assert "No Comments" in page.words


def test_a_thread_of_tombstones_alone_takes_no_place_on_a_page(essay: Essay, guest: Browser) -> None:
    make.rules(threads_a_page=1)
    first, second = roots(essay, 2)
    deciding.trash(first, by=make.moderator())
    page = guest.read(essay)
    assert page.shown == [second.pk]
    assert page.find("nav[@class='pager']") is None


# Levels


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_past_the_last_level_a_reply_says_whom_it_answers(essay: Essay, guest: Browser, depth: int) -> None:
    make.rules(shown_depth=depth)
    names = ["Anna", "Bela", "Chris", "Dora", "Emil", "Fay", "Gus"]
    chain: list[Comment] = []
    for name in names:
        chain.append(make.comment(essay, by=make.guest(name), to=chain[-1] if chain else None))
    page = guest.read(essay)
    for level, comment in enumerate(chain):
        inside = [item for item in page.all("li") if item.get("id", "").startswith("comment-")]
        above = [item for item in inside if page.comment(comment) in list(item.iter())][:-1]
        assert len(above) == min(level, depth - 1)
        notes = [
            note for note in page.comment(comment).findall("article/p") if note.get("class") == "to"
        ]  # its own, not those of its replies
        if level < depth:
            assert notes == []
        else:
            assert [words(note) for note in notes] == [f"in reply to {names[level - 1]}"]
            link = notes[0].find("a")
            assert link is not None
            assert link.get("href") == f"#comment-{chain[level - 1].pk}"


@pytest.mark.both
def test_what_goes_on_past_the_last_level_is_read_with_its_levels_on_a_page_of_its_own(
    essay: Essay, guest: Browser
) -> None:
    make.rules(shown_depth=3)
    root = make.comment(essay)
    last = make.comment(essay, to=make.comment(essay, to=root), by=make.guest("Bela"))
    deeper = [make.comment(essay, to=last), make.comment(essay, to=last)]
    deepest = make.comment(essay, to=deeper[0])
    make.comment(essay, to=root)
    page = guest.read(essay)
    assert "7 responses" in page.words
    ((here, link),) = onward(page)
    assert (here, words(link)) == (f"comment-{last.pk}", "Continue this thread")
    assert words(page.id(str(link.get("aria-describedby")))) == "Bela"
    branch = guest.read(str(link.get("href")))
    assert branch.shown == keys([last, deeper[0], deepest, deeper[1]])
    assert deepest.pk in [int(item.get("id", "")[8:]) for item in branch.comment(deeper[0]).iter("li")][1:]
    back = branch.one("p[@class='part']/a")
    assert guest.read(str(back.get("href"))).shown == page.shown
    assert place(guest.get(deepest.get_absolute_url())) == essay.get_absolute_url()  # nothing is hidden there
    deciding.trash(last, by=make.moderator())
    ((here, link),) = onward(guest.read(essay))
    assert here == f"comment-{last.pk}"
    assert guest.read(str(link.get("href"))).shown == branch.shown
    for comment in (deepest, *deeper):
        deciding.trash(comment, by=make.moderator())
    assert onward(guest.read(essay)) == []


def onward(page: Page) -> list[tuple[str, Element]]:
    """The links to branches, each with the comment it stands in."""
    places = [(item.get("id", ""), item.find("p[@class='branch']/a")) for item in page.all("li[@class]")]
    return [(pk, link) for pk, link in places if link is not None]


def test_an_essays_own_settings_shape_its_pages_and_permalinks(essay: Essay, guest: Browser) -> None:
    said = roots(essay, 5)
    elsewhere = make.essay("Another", by=None)
    others = roots(elsewhere, 3)
    Discussion.objects.settle(essay, own_threads_a_page=2, own_order="newest")
    page = guest.read(essay)
    assert page.shown == keys(said[:2:-1])
    assert pager(page) == {"Older Comments": address(essay, "?cpage=2#comments")}
    tools = {words(link): str(link.get("href")) for link in page.all("nav[@class='tools']//a")}
    assert guest.read(tools["Oldest"]).shown == keys(said[:2])
    for comment in said:
        assert comment.pk in guest.read(comment.get_absolute_url()).shown
    assert guest.read(elsewhere).shown == keys(others)


def test_a_list_of_replies_says_how_many_hang_below(essay: Essay, guest: Browser) -> None:
    root = make.comment(essay)
    reply = make.comment(essay, to=root)
    make.comment(essay, to=reply)
    make.comment(essay, to=reply, status="pending")
    assert [words(summary) for summary in guest.read(essay).all("details[@class='replies']/summary")] == [
        "2 replies",
        "1 reply",
    ]


# What hangs on a comment


def test_a_comment_shows_who_when_and_where(essay: Essay, guest: Browser) -> None:
    comment = make.comment(essay, "Words.", by=make.guest("Ines Okafor", website="https://example.org/ines"))
    place = guest.read(essay).comment(comment)
    time, link = place.find(".//time"), place.find(".//bdi/a")
    assert time is not None
    assert link is not None
    assert time.get("datetime") == comment.created.isoformat(timespec="seconds")
    assert link.attrib == {"href": "https://example.org/ines", "rel": "nofollow ugc noopener external"}
    assert [words(part) for part in place.iter() if part.get("class") == "comment-body"] == ["Words."]
    assert place.find(f".//a[@href='/comments/{comment.pk}/']") is not None


def test_an_anonymous_page_holds_nothing_personal(essay: Essay, guest: Browser) -> None:
    make.comment(essay)
    page = guest.read(essay)
    assert not page.answer.cookies
    assert "csrfmiddlewaretoken" not in page.html
    assert "example.org" not in page.words  # nobody's address


# Counts and queries


@pytest.mark.both
def test_lists_count_what_is_there_to_read(guest: Browser) -> None:
    make.rules()
    none, one, three = make.essay("None"), make.essay("One"), make.essay("Three")
    make.comment(one)
    make.comment(one, status="pending")
    root = make.comment(three)
    make.comment(three, to=root)
    make.comment(three, to=root, status="spam")
    make.comment(three)
    counted = {
        words(title): re.findall(r"\d+ responses?", words(entry))
        for entry in guest.read("/").all("article")
        for title in entry.iter("h2")
    }
    assert counted == {none.title: [], one.title: ["1 response"], three.title: ["3 responses"]}


def test_a_list_asks_the_same_of_one_essay_and_of_ten(guest: Browser, author: User) -> None:
    make.rules()
    make.comment(make.essay(by=author))
    guest.read("/")
    with CaptureQueriesContext(connection) as few:
        guest.read("/")
    for _ in range(9):
        make.comment(make.essay(by=author))
    with at_most(len(few)):
        assert guest.read("/").html.count("1 response") == 10


@pytest.fixture
def talk(essay: Essay) -> Essay:
    """An essay under which everything there is stands on one page."""
    said = make.talk(essay, *[None] * 4, *range(4), *range(4, 8))
    for reply in said[4:8]:
        make.comment(essay, to=reply, status="pending")
    deciding.trash(said[1], by=make.moderator())
    return essay


@pytest.mark.both
@pytest.mark.parametrize("is_warm", [False, True], ids=["cold", "warm"])
def test_an_essay_page_asks_twelve_questions_at_most(talk: Essay, is_warm: bool) -> None:
    remembered, reader, browser = Browser(), Browser(make.user("reader")), Browser()
    some = Comment.objects.filter(status="approved").latest("pk").pk
    mine = remembered.say(talk, text="Mine.", remember="on")
    key = browser.post_to(talk, text="Hold this.").answer.headers["Location"].partition("?")[2]
    reader.say(talk, text="Mine too.")
    pages = [(Browser(), ""), (Browser(), f"?replyto={some}"), (Browser(), "?order=newest")]
    pages += [(remembered, ""), (reader, ""), (reader, f"?replyto={some}"), (browser, f"?{key}")]
    for visitor, query in pages:
        if not is_warm:
            drawing.kept.stencils.clear()
        with at_most(12):
            assert visitor.get(address(talk, query)).status_code == 200
    with at_most(12):
        assert remembered.get(f"/comments/{mine.pk}/").status_code == 302


def test_answering_on_one_page_of_many_asks_twelve_questions_at_most(talk: Essay) -> None:
    make.rules(threads_a_page=1)
    reader = Browser(make.user("reader"))
    reader.say(talk, text="Mine.")
    said = Comment.objects.filter(status="approved").latest("pk")
    for visitor in (Browser(), reader):
        visitor.read(address(talk, f"?replyto={said.pk}"))
        with at_most(12):
            assert said.pk in visitor.read(address(talk, f"?replyto={said.pk}")).shown


def test_more_comments_are_no_more_questions(talk: Essay, guest: Browser) -> None:
    drawing.kept.stencils.clear()
    with CaptureQueriesContext(connection) as few:
        guest.read(talk)
    roots(talk, 20)
    drawing.kept.stencils.clear()
    with at_most(len(few)):
        guest.read(talk)


class TestPostingAsksFifteenQuestionsAtMost:
    def test_of_a_guest(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15)
        with at_most(15):
            assert guest.post_to(talk, key=KEY).status == 302

    @pytest.mark.both
    def test_of_a_guest_who_answers_and_is_held(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15, hold_words="casino", refuse_words="bother")
        root = str(make.comment(talk).pk)
        with at_most(15):
            assert (
                guest.post_to(
                    talk, key=KEY, parent=root, remember="on", text="http://a.example http://b.example"
                ).status
                == 302
            )

    def test_of_a_guest_under_a_name_of_their_own_where_first_comments_pass(self, talk: Essay, guest: Browser) -> None:
        make.rules(flood_seconds=15, hold_first_comment=False)
        root = str(make.comment(talk).pk)
        with at_most(15):
            assert guest.post_to(talk, key=KEY, parent=root).status == 302

    @pytest.mark.both
    def test_of_a_remembered_guest_who_was_approved(self, talk: Essay, guest: Browser) -> None:
        deciding.approve(guest.say(talk, remember="on"), by=make.moderator())
        make.rules(flood_seconds=15)
        root = str(make.comment(talk).pk)
        with at_most(15):
            assert guest.post_to(talk, key=KEY, parent=root, text="Again.", remember="on").status == 302

    def test_of_a_remembered_guest_with_a_new_website(self, talk: Essay, guest: Browser) -> None:
        deciding.approve(guest.say(talk, remember="on"), by=make.moderator())
        make.rules(flood_seconds=15)
        root = str(make.comment(talk).pk)
        with at_most(15):
            assert (
                guest.post_to(talk, key=KEY, parent=root, text="Again.", remember="on", website="example.org").status
                == 302
            )

    @pytest.mark.both
    def test_of_a_reader_with_an_account(self, talk: Essay) -> None:
        reader = make.user("rhea")
        make.rules(hold_first_comment=False)
        make.comment(talk, by=Commenter.objects.of(reader))
        make.rules(flood_seconds=15)
        browser, root = Browser(reader), str(make.comment(talk).pk)
        with at_most(15):
            assert browser.post_to(talk, key=KEY, parent=root, notify_replies="on").status == 302

    def test_of_the_author_who_answers(self, talk: Essay, author: User) -> None:
        make.rules(flood_seconds=15)
        browser, root = Browser(author), str(make.comment(talk).pk)
        with at_most(15):
            assert browser.post_to(talk, key=KEY, parent=root).status == 302

    def test_of_the_author_who_speaks_for_the_first_time(self, talk: Essay, author: User) -> None:
        make.rules(flood_seconds=15)
        browser = Browser(author)
        with at_most(15):
            assert browser.post_to(talk, key=KEY).status == 302

    def test_of_a_moderator(self, talk: Essay) -> None:
        make.rules(flood_seconds=15)
        browser, root = Browser(make.moderator("mara")), str(make.comment(talk).pk)
        with at_most(15):
            assert browser.post_to(talk, key=KEY, parent=root).status == 302

    def test_of_who_says_the_same_twice(self, talk: Essay, guest: Browser) -> None:
        guest.say(talk, text="Twice.")
        with CaptureQueriesContext(connection) as captured:
            assert guest.post_to(talk, text="Twice.").status == 409
        assert len(captured) <= 30  # the page is drawn with it


def test_every_reply_says_whom_it_answers(essay: Essay, guest: Browser) -> None:
    make.rules(shown_depth=3)
    comment = make.comment(essay, by=make.guest("Ida <1>"))
    asked = [comment]
    for number in range(2, 4):
        comment = make.comment(essay, by=make.guest(f"Ida <{number}>"), to=comment)
        asked.append(comment)
    page = guest.read(essay)
    for above, below in pairwise(asked):
        article = page.one(f"li[@id='comment-{below.pk}']/article")
        said = page.id(article.get("aria-describedby", ""))
        assert words(said) == f"in reply to {above.commenter.name}"
        assert said.get("class") == "unseen"
    assert page.one(f"li[@id='comment-{asked[0].pk}']/article").get("aria-describedby") is None
    branch = guest.read(address(essay, f"?thread={asked[2].pk}"))
    seen = branch.id(f"to-{asked[2].pk}")
    assert (seen.get("class"), words(seen)) == ("to", "in reply to Ida <2>")
