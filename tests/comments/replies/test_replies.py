"""“Replies to you”: what others did with a person's comments, and nothing about anyone else's."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Commenter, User
from accounts.profiles import merging
from blog.models import Authorship, Essay
from comments.likes import actions as liking
from comments.models import Comment, Like, Reason, ReplyInbox
from comments.replies import entries
from comments.screening.screening import Sender
from moderation.decisions import actions, undo
from pagecache.models import Generation
from tests import make
from tests.comments.browser_client import Browser, Page, text_of
from tests.comments.replies.reading import REPLIES, entries_of, feed_of, shown

pytestmark = pytest.mark.django_db


def like(comment: Comment, by: Commenter) -> None:
    essay = Essay.objects.get(pk=comment.essay_id)
    liking.like(commenter=by, sender=Sender("203.0.113.9"), essay=essay, comment=comment.pk)


# Only the person's own

SECRETS = ("A PUBLIC REPLY", "A PENDING REPLY", "A SPAM REPLY", "A DELETED REPLY", "A WITHDRAWN REPLY", "Insulting")


def everything(browser: Browser) -> str:
    """Return all that a browser's pages about replies and comments contain, and the feed they link to."""
    pages = [browser.read(path) for path in (REPLIES, f"{REPLIES}?show=replies", f"{REPLIES}comments/")]
    texts = [page.text for page in pages]
    feeds = [href for link in pages[0].all("a") if "/replies/feed/" in (href := link.get("href", ""))]
    return " ".join([*texts, *(browser.get(feed).text for feed in feeds)])


def test_each_person_sees_what_happened_to_their_own_comments_and_nothing_else(essay: Essay, mara: User) -> None:
    withdrawn = make.essay("Of Withdrawal")
    guest, namesake = Browser(), Browser()  # the namesake types the same name and address, in another browser
    account, claimer, anonymous = Browser(make.user("cleo")), Browser(make.user("dora")), Browser()
    commenters = {
        "guest": guest.post_comment(essay, text="By the guest.", remember="on").commenter,
        "namesake": namesake.post_comment(essay, text="By a namesake.", remember="on").commenter,
        "account": Commenter.objects.get(user__username="cleo"),
        "claimer": Commenter.objects.get(user__username="dora"),
    }
    claimed = make.guest("Edna")
    claimed.save()
    others = make.guest("Someone Else")
    others.save()
    writers = commenters | {"claimer": claimed}
    for name, writer in writers.items():
        said, gone = make.comment(essay, f"Said by {name}.", by=writer), make.comment(withdrawn, "W.", by=writer)
        make.comment(essay, f"A PUBLIC REPLY to {name}.", by=others, to=said)
        make.comment(essay, f"A PENDING REPLY to {name}.", by=others, to=said, status="pending")
        make.comment(essay, f"A SPAM REPLY to {name}.", by=others, to=said, status="spam")
        make.comment(essay, f"A DELETED REPLY to {name}.", by=others, to=said, status="trash")
        make.comment(withdrawn, f"A WITHDRAWN REPLY to {name}.", by=others, to=gone)
        like(said, others)
        refused = make.comment(essay, f"Refused of {name}.", by=writer)
        actions.trash(refused, by=mara, reason=Reason.objects.get(name="Insulting"), message=f"Dear {name}.")
    merging.merge_commenters(claimed, commenters["claimer"])
    Essay.objects.filter(pk=withdrawn.pk).update(published=timezone.now() + timedelta(days=1))
    elsewhere = Browser(User.objects.get(username="cleo"))  # the same account in another browser
    seen = {"guest": guest, "namesake": namesake, "account": account, "claimer": claimer}
    for name, browser in [*seen.items(), ("account", elsewhere)]:
        text = everything(browser)
        assert f"A PUBLIC REPLY to {name}." in text
        assert f"Dear {name}." in text
        assert len(browser.read(f"{REPLIES}?show=likes").all("li[@data-kind]")) == 1
        for kind in ("PENDING", "SPAM", "DELETED", "WITHDRAWN"):
            assert f"A {kind} REPLY" not in text
        for other in writers.keys() - {name}:
            for words in (f"REPLY to {other}", f"Said by {other}", f"Dear {other}", f"Refused of {other}"):
                assert words not in text, (name, words)
        response = browser.get(REPLIES)
        assert response.headers["Cache-Control"] == "private, no-store"
    text = everything(anonymous)
    assert not [words for words in SECRETS if words in text]
    assert "Log in to see replies to your comments" in text
    assert not ReplyInbox.objects.exclude(commenter__in=commenters.values()).exists()


def test_a_logged_in_reader_does_not_see_the_replies_to_the_guest_of_their_browser(essay: Essay) -> None:
    browser = Browser()
    said = browser.post_comment(essay, text="As a guest.", remember="on")
    make.comment(essay, "To the guest.", to=said)
    assert len(entries_of(browser)) == 1
    browser.force_login(make.user("cleo"))
    assert entries_of(browser) == []


@pytest.mark.parametrize("who", ["account", "guest"])
def test_what_muted_people_do_is_not_news(essay: Essay, who: str) -> None:
    browser = Browser(make.user("cleo") if who == "account" else None)
    said = browser.post_comment(essay, text="Words.", remember="on")
    replies = [make.comment(essay, f"By {name}.", by=make.guest(name), to=said) for name in ("Tobias", "Ines")]
    for reply in replies:
        like(said, reply.commenter)

    def numbers() -> list[str]:
        """Return the numbers in the masthead of two pages, and of the page's entries of all kinds and of replies."""
        found = [text_of(browser.read(path).only("nav[@class='personal']//span")) for path in ("/", essay)]
        return found + [text_of(count) for count in browser.read(REPLIES).all("span[@class='count']")[:2]]

    assert numbers() == ["3", "3", "3", "2"]  # the likes of one day are one entry
    browser.post(f"/comments/{replies[0].pk}/mute/", {"mute": "1"})
    ReplyInbox.objects.update(seen=said.created)
    assert numbers() == ["2", "2", "2", "1"]
    assert "Tobias" not in browser.read(REPLIES).text
    feed = browser.get(feed_of(browser)).text
    assert ("By Tobias." in feed) == (who == "guest")  # whose mutes only the browser knows
    assert "By Ines." in feed
    browser.post(f"/comments/{replies[0].pk}/mute/", {"mute": "0"})
    assert "By Tobias." in browser.read(REPLIES).text


# What is shown


def test_replies_decisions_and_likes_are_shown_newest_first(essay: Essay, rosa: Browser, mara: User) -> None:
    author = make.author("miriam", name="Miriam")
    Authorship.objects.create(essay=essay, author=author)
    said = rosa.post_comment(essay, text="My *first* words.")
    make.comment(essay, "My own addition.", by=said.commenter, to=said)
    make.comment(essay, "I disagree.", by=Commenter.objects.for_user(author), to=said)
    for name in ("Odile Ferrand", "Tunde Okonjo", "Ines"):
        fan = make.guest(name)
        fan.save()
        like(said, fan)
    like(said, said.commenter)
    actions.unapprove(said, by=mara)
    actions.approve(said, by=mara)
    refused = make.comment(essay, "You fool.", by=said.commenter)
    actions.trash(refused, by=mara, note="Between us.", message="Off topic.")
    page = rosa.read(REPLIES)
    assert "Mara" not in page.text
    assert "Between us" not in page.text
    assert shown(page) == [
        "Your comment was removed. Off topic. Appeal “You fool.”",
        "Your comment was approved and is now public. “My first words.”",
        "Ines, Odile Ferrand and 1 other liked your comment. “My first words.”",
        "M Miriam author In reply to “My first words.” I disagree. Reply Like Show in the discussion",
    ]
    assert [text_of(day) for day in page.all("h2") if day.get("class") == "label"] == ["Today"]
    assert "All 4 Replies 1 Decisions 2 Likes 1" in page.text
    assert len(entries_of(rosa, "?show=decisions")) == 2
    assert rosa.get(f"{REPLIES}?show=nothing").status_code == 404
    assert rosa.get(f"{REPLIES}?page=2").status_code == 404
    assert len(page.all("li[@class='entry by-author']")) == 1


def test_decisions_about_spam_and_those_undone_are_not_shown(essay: Essay, rosa: Browser, mara: User) -> None:
    said = rosa.post_comment(essay, text="Buy this.")
    decision = actions.trash(said, by=mara)
    assert entries_of(rosa) == ["Your comment was removed by a moderator. Appeal “Buy this.”"]
    undo.undo(decision, by=mara)
    assert entries_of(rosa) == []
    actions.mark_spam(said, by=mara, message="No advertising.")
    assert entries_of(rosa) == []
    actions.restore(said, by=mara)
    assert entries_of(rosa) == ["Your comment was restored and is public again. “Buy this.”"]


def test_likers_are_only_counted_where_likes_are_off(essay: Essay, rosa: Browser) -> None:
    said = rosa.post_comment(essay, text="Words.")
    fan = make.guest("Odile Ferrand")
    fan.save()
    like(said, fan)
    make.rules(likes=False)
    assert entries_of(rosa) == ["1 person liked your comment. “Words.”"]


@pytest.mark.once
def test_texts_in_another_language_say_so_and_the_words_around_them_do_not(essay: Essay, rosa: Browser) -> None:
    Essay.objects.filter(pk=essay.pk).update(language="ar")
    said = rosa.post_comment(essay, text="كلمات")
    make.comment(essay, "جواب", to=said)
    like(said, make.comment(essay).commenter)
    page = rosa.read(REPLIES)
    marked = {(item.tag, text_of(item)) for item in page.all("ol//*[@lang='ar']")}
    assert marked == {("bdi", "كلمات"), ("div", "جواب"), ("p", "“كلمات”"), ("span", "Of Forms")}
    assert 'dir="auto" lang="ar" dir=' not in page.html  # no attribute twice


@pytest.mark.once
def test_the_page_says_what_to_do_when_it_is_empty(essay: Essay, rosa: Browser) -> None:
    assert "No replies yet." in rosa.read(REPLIES).text
    assert "Nothing here yet." in rosa.read(f"{REPLIES}?show=likes").text


@pytest.mark.once
def test_the_old_address_leads_to_your_comments(rosa: Browser) -> None:
    response = rosa.get("/comments/mine/?page=2")
    assert (response.status_code, response.headers["Location"]) == (301, "/replies/comments/?page=2")
    assert rosa.read(f"{REPLIES}?tab=comments").response.redirect_chain == [("/replies/comments/", 302)]


# New since the last visit


def new_marks(page: Page) -> int:
    return len(page.all("span[@class='role new']"))


def test_what_is_new_stays_marked_for_the_visit(essay: Essay, rosa: Browser) -> None:
    me = Commenter.objects.get(user__username="rosa")
    start = timezone.now() + timedelta(minutes=1)

    def at(hours: float) -> Any:
        return time_machine.travel(start + timedelta(hours=hours), tick=False)

    with at(0):
        said = rosa.post_comment(essay, text="Words.")
        first = make.comment(essay, "First.", to=said)
        held = make.comment(essay, "Held.", to=said, status="pending")
    assert first.commenter_id != held.commenter_id
    with at(1):
        assert entries.count_new(me) == 1
        assert new_marks(rosa.read(REPLIES)) == 1
        assert entries.count_new(me) == 0
    with at(2):
        rosa.get(REPLIES)
        assert new_marks(rosa.read(REPLIES)) == 0
    with at(3):
        actions.approve(held, by=make.moderator("vera"))  # older than the last visit, but not public then
        fan = make.guest("Odile")
        fan.save()
        like(said, fan)
        assert entries.count_new(me) == 2
        rosa.head(REPLIES)
        rosa.get(REPLIES, headers={"Sec-Purpose": "prefetch"})
        assert entries.count_new(me) == 2
    with at(3.1):
        page = rosa.read(REPLIES)
        assert new_marks(page) == 2
        assert "2 new since your last visit" in page.text
        assert entries.count_new(me) == 0
    with at(3.4):
        assert new_marks(rosa.read(REPLIES)) == 2
    with at(4):
        page = rosa.read(REPLIES)
        assert new_marks(page) == 0
        assert "Nothing new since your last visit" in page.text


def test_a_visit_leaves_the_page_cache_as_it_is(essay: Essay, rosa: Browser) -> None:
    before = Commenter.objects.values_list("pk", "changed").order_by("pk")
    generations = Generation.objects.values_list("key", "number").order_by("key")
    expected = list(before), list(generations)
    rosa.get(REPLIES)
    assert (list(before.all()), list(generations.all())) == expected


# Cost


@pytest.mark.parametrize("who", ["guest", "account"])
def test_the_page_needs_at_most_six_queries(essay: Essay, rosa: Browser, mara: User, who: str) -> None:
    browser = rosa if who == "account" else Browser()
    me = browser.post_comment(essay, text="First.", remember="on").commenter
    for number in range(30):
        said = make.comment(essay, f"Number {number}.", by=me)
        make.comment(essay, to=said)
        like(said, Commenter.objects.exclude(pk=me.pk).order_by("-pk")[0])
    actions.trash(said, by=mara)
    for query in ("", "", "?page=2", "?show=likes"):
        with CaptureQueriesContext(connection) as queries:
            assert len(entries_of(browser, query)) >= 4
        assert len(queries) <= 6, [each["sql"][:80] for each in queries.captured_queries]


def test_the_number_in_the_masthead_needs_no_query_for_unknown_visitors(essay: Essay, rosa: Browser) -> None:
    def render(commenter: Commenter | None) -> str:
        request = SimpleNamespace(commenter=commenter, COOKIES={})
        template = Template("{% load comments %}{% new_replies as new %}{{ new.text }} {{ new.label }}")
        return template.render(Context({"request": request}))

    me = Commenter.objects.get(user__username="rosa")
    with CaptureQueriesContext(connection) as queries:
        assert render(None) == "0 Replies"
    assert len(queries) == 0
    said = rosa.post_comment(essay, text="Words.")
    make.comment(essay, to=said)
    with CaptureQueriesContext(connection) as queries:
        assert render(me) == "1 Replies, 1 new"
    assert len(queries) == 1
    fans = Commenter.objects.bulk_create(Commenter(name=f"Fan {number}") for number in range(120))
    made = make.create_thread(essay, *([None] * 120))
    Comment.objects.filter(pk__in=[row.pk for row in made]).update(commenter=me, likes=1)
    Like.objects.bulk_create(Like(commenter=fan, comment=row) for fan, row in zip(fans, made, strict=True))
    assert render(me) == "99+ Replies, 99+ new"


def test_a_page_without_entries_offers_no_filters(essay: Essay, mara: User) -> None:
    reader = Browser(make.user("nora"))
    assert "No replies yet." in reader.read(REPLIES).text
    assert reader.read(REPLIES).find("nav[@aria-labelledby='show-label']") is None
    actions.trash(reader.post_comment(essay), by=mara)
    assert reader.read(REPLIES).only("nav[@aria-labelledby='show-label']") is not None
    assert reader.read(f"{REPLIES}?show=likes").only("nav[@aria-labelledby='show-label']") is not None
