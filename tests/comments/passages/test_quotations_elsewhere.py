"""The quotation above a comment wherever else its text is shown: queue, log, emails, feeds, a person's own pages."""

import pytest
from django.core import mail

import pagecache
from accounts.models import Commenter, User
from blog.models import Essay, Revision, Text
from blog.writing import revisions
from comments.models import AuthorAnswer, Comment, Condition, Discussion, Passage, Rule
from comments.notifications import outbox
from comments.passages import placing
from comments.passages.quotations import Quotation
from comments.posting import editing
from comments.screening.screening import Sender
from comments.threads.viewer import Viewer
from moderation.decisions import actions as deciding
from moderation.decisions import editing as deleting
from moderation.rules import dry_run_in_words
from moderation.rules.dry_run import DryRun
from tests import make
from tests.comments.browser_client import Browser, text_of
from transfer.person import export

pytestmark = pytest.mark.django_db

BODY = "<p>Hardly anybody has read it. It is on every list.</p><p>Here is how it was done.</p>"
WORDS = "Here is how it was done."
LINE = f"On: “{WORDS}”"
HIDDEN = "On an earlier version"
QUEUE = "/admin/comments/queue/"


@pytest.fixture
def clare() -> User:
    return make.author("clare")


@pytest.fixture
def essay(clare: User) -> Essay:
    make.rules(hold_first_comment=False)
    essay = make.essay("Objections", body=BODY, by=clare)
    revisions.publish(essay, text(BODY), by=None)
    return Essay.objects.get()


def text(body: str) -> Text:
    return Text(title="Objections", body=body, slug="objections")


def anchor(comment: Comment, words: str = WORDS) -> Comment:
    """Put a comment on words of its essay."""
    passage = placing.find(comment.essay, Quotation(0, 0, words))
    assert passage
    placing.insert(passage, comment)
    return comment


def withdraw(passage: Passage) -> None:
    """Publish another text, and withdraw the one with the passage."""
    revisions.publish(Essay.objects.get(pk=passage.essay_id), text("<p>Something else.</p>"), by=None)
    assert passage.quoted_from
    Revision.objects.filter(pk=passage.quoted_from.pk).update(is_withdrawn=True)


def lines(browser: Browser, address: str) -> list[str]:
    return [text_of(line) for line in browser.read(address).all("p[@class='on']")]


def test_moderators_see_the_quotation_in_the_queue_the_log_and_on_the_pages_of_comment_and_person(essay: Essay) -> None:
    moderator = make.moderator("mod")
    comment = anchor(make.comment(essay, "Was it?", status="pending"))
    reply = make.comment(essay, "It was.", to=comment)
    browser = Browser(moderator)
    pages = ("", f"comments/{comment.pk}/", f"comments/{reply.pk}/", f"people/{comment.commenter_id}/", "log/")
    for page in pages:
        assert lines(browser, f"{QUEUE}{page}") == [LINE], page
    withdraw(comment.passage)
    for page in pages:
        assert lines(browser, f"{QUEUE}{page}") == [HIDDEN], page


def test_emails_to_moderators_and_authors_quote_the_passage(essay: Essay, clare: User) -> None:
    make.moderator("mod")
    comment = anchor(make.comment(essay, "Was it?", status="pending"))
    outbox.create_notices(comment)
    held = sent_to("mod@example.org")
    deciding.approve(comment, by=make.owner("owner"))
    outbox.create_notices(Comment.objects.get(pk=comment.pk))
    for plain, html in (held, sent_to("clare@example.org")):
        assert plain.index(f"\n\n{LINE}\n\nWas it?") > 0
        assert html.index(WORDS) < html.index("Was it?")


def sent_to(address: str) -> tuple[str, str]:
    """Return the text and the HTML of the newest email to an address."""
    outbox.send()
    found: list[mail.EmailMultiAlternatives] = mail.outbox  # type: ignore[assignment]
    message = [each for each in found if each.to == [address]][-1]
    return str(message.body), str(message.alternatives[0][0])


def test_feeds_and_the_pages_of_a_person_and_an_author_show_the_quotation(essay: Essay, clare: User) -> None:
    rosa = make.user("rosa")
    commenter = Commenter.objects.for_user(rosa)
    comment = anchor(make.comment(essay, "Was it?", by=commenter))
    reply = anchor(make.comment(essay, "It is on the list.", to=comment), "It is on every list.")
    browser = Browser(rosa)
    assert lines(browser, "/comments/mine/") == [LINE]
    assert lines(browser, "/replies/") == ["On: “It is on every list.”"]
    assert lines(Browser(clare), "/admin/") == ["On: “It is on every list.”", LINE]
    feed = browser.get("/comments/feed/").content.decode()
    assert feed.count(f"{LINE}&lt;/p&gt;") == 2  # in the description and the full text
    withdraw(comment.passage)
    assert reply.passage.quoted_from_id == comment.passage.quoted_from_id
    assert lines(browser, "/comments/mine/") == [HIDDEN]
    assert lines(browser, "/replies/") == [HIDDEN]
    assert WORDS not in browser.get("/comments/feed/").content.decode()


def test_search_results_and_dry_runs_show_the_quotation_but_only_own_words_are_found(essay: Essay) -> None:
    comment = anchor(make.comment(essay, "An orchard was sold."))
    browser = Browser()
    assert lines(browser, "/search/?q=orchard") == [LINE]
    assert lines(browser, "/search/?q=done&kind=comments") == []
    rule = Rule(name="Orchards", action=Rule.Action.HOLD)
    conditions = [Condition(kind=Condition.Kind.WORDS, value="orchard")]
    shown = dry_run_in_words.describe_result(DryRun().test(rule, conditions), may_read=True)
    assert [each["quotation"] for each in shown["comments"]] == [WORDS]
    withdraw(comment.passage)
    assert lines(browser, "/search/?q=orchard") == []


def test_an_edited_comment_keeps_its_passage_and_an_erased_one_does_not(essay: Essay) -> None:
    rosa = make.user("rosa")
    commenter = Commenter.objects.for_user(rosa)
    comment = anchor(make.comment(essay, "Was it?", by=commenter))
    make.comment(essay, "It was.", to=comment)
    AuthorAnswer.objects.create(comment=comment, essay=essay, label=AuthorAnswer.Label.STANDS)
    exported = export.as_dict(commenter)
    assert [row["quotation"] for row in exported["comments.passage"]] == [WORDS]
    assert [row["label"] for row in exported["comments.authoranswer"]] == ["stands"]
    page = Browser(rosa).read(f"/comments/{comment.pk}/edit/")
    assert page.status == 200
    rules = make.rules(edit_until_answered=False)
    viewer = Viewer(commenter)
    editing.edit(comment.pk, by=viewer, text="Was it really?", sender=Sender("203.0.113.9"), rules=rules)
    assert [WORDS in line for line in line_of(essay, comment)] == [True]
    editing.erase_all(commenter)
    assert not Passage.objects.exists()
    assert not AuthorAnswer.objects.exists()
    assert Comment.objects.filter(pk=comment.pk).exists()
    assert line_of(essay, comment) == []


def line_of(essay: Essay, comment: Comment) -> list[str]:
    found = Browser().read(essay).comment(comment)
    return [text_of(part) for part in found.iter("p") if part.get("class") == "on"]


def test_deleting_a_comment_for_good_deletes_its_passage(essay: Essay) -> None:
    comment = anchor(make.comment(essay, "Was it?"))
    reply = anchor(make.comment(essay, "It was.", to=comment))
    owner = make.owner("owner")
    deleting.delete(comment, by=owner)
    assert list(Passage.objects.values_list("comment", flat=True)) == [reply.pk]
    deleting.delete(reply, by=owner)
    assert not Passage.objects.exists()


def test_a_closed_discussion_offers_no_reply_to_a_passage(essay: Essay) -> None:
    address = essay.get_absolute_url()
    assert 'class="choose"' in Browser().get(f"{address}?on=choose").content.decode()
    Discussion.objects.save_settings(essay, is_open=False)
    pagecache.invalidate(essay.cache_key)
    for query in ("", "?on=choose"):
        page = Browser().get(f"{address}{query}").content.decode()
        assert "on=choose" not in page
        assert 'class="choose"' not in page
        assert "<textarea" not in page  # where the script would put the quotation
