"""The feed of “Replies to you”: what it has, and who can read it."""

from xml.etree import ElementTree

import pytest

from accounts.models import Commenter, User
from accounts.profiles import merging
from blog.models import Essay
from comments.models import ReplyInbox
from moderation.decisions import actions
from tests import make
from tests.comments.browser_client import Browser
from tests.comments.replies.reading import REPLIES, feed_of

pytestmark = pytest.mark.django_db


def items_of(browser: Browser) -> list[tuple[str, str]]:
    """Return title and description of each item of a browser's feed, after the feed's own escaping."""
    items = ElementTree.fromstring(browser.get(feed_of(browser)).content).iter("item")
    return [(item.findtext("title", ""), item.findtext("description", "")) for item in items]


def test_the_feed_has_replies_and_decisions_at_a_secret_address(essay: Essay, rosa: Browser, mara: User) -> None:
    said = rosa.post_comment(essay, text="Words.")
    make.comment(essay, "A public reply.", by=make.guest("Odile"), to=said)
    actions.trash(make.comment(essay, "You fool.", by=said.commenter), by=mara, message="Off topic.")
    address, reader = feed_of(rosa), Browser(headers={})
    response = reader.get(address)
    assert response.headers["Content-Type"].startswith("application/rss+xml")
    assert response.text.count("<item>") == 2
    for words in ("Odile replied to your comment on “Of Forms”", "A public reply.", "removed. Off topic."):
        assert words in response.text
    assert (response.headers["X-Robots-Tag"], response.headers["Referrer-Policy"]) == ("noindex", "no-referrer")
    assert reader.get(address, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    assert ReplyInbox.objects.get().new_since is None  # reading the feed is no visit
    assert Browser().post("/replies/feed/").status_code == 302
    assert reader.get(address).status_code == 200
    rosa.post("/replies/feed/")
    assert reader.get(address).status_code == 404
    assert reader.get(feed_of(rosa)).status_code == 200
    assert reader.get("/replies/feed/unknown/").status_code == 404
    User.objects.filter(username="rosa").update(is_active=False)
    assert reader.get(f"/replies/feed/{ReplyInbox.objects.get().token}/").status_code == 404


@pytest.mark.once
def test_the_feed_has_long_replies_in_full_and_messages_as_typed(essay: Essay, rosa: Browser, mara: User) -> None:
    said = rosa.post_comment(essay, text="Words.")
    make.comment(essay, "Many words. " * 200 + "The end.", to=said)
    refused = make.comment(essay, "You fool.", by=said.commenter)
    actions.trash(refused, by=mara, message="No <b> & no x<y>z.")
    decision, reply = items_of(rosa)
    assert reply[1].endswith("The end.</p>")
    assert decision == (
        "Your comment was removed. No <b> & no x<y>z.",
        "Your comment was removed. No &lt;b&gt; &amp; no x&lt;y&gt;z.",
    )


@pytest.mark.once
def test_a_page_fetched_in_advance_names_no_address_that_does_not_work(essay: Essay, rosa: Browser) -> None:
    early = rosa.get(REPLIES, headers={"Sec-Purpose": "prefetch"})
    assert "/replies/feed/" not in early.text
    assert not ReplyInbox.objects.exists()
    assert rosa.get(feed_of(rosa)).status_code == 200


@pytest.mark.parametrize("has_both", [True, False])
def test_a_merge_keeps_the_later_visit_and_ends_the_old_feed(essay: Essay, rosa: Browser, has_both: bool) -> None:
    guest = Browser()
    commenter = guest.post_comment(essay, text="As a guest.", remember="on").commenter
    if has_both:
        rosa.get(REPLIES)
    old = feed_of(guest)
    seen = ReplyInbox.objects.get(commenter=commenter).seen
    me = Commenter.objects.get(user__username="rosa")
    merging.merge_commenters(commenter, me)
    assert guest.get(old).status_code == 404  # the guest may be another person than the account's
    assert ReplyInbox.objects.get().commenter_id == me.pk
    assert ReplyInbox.objects.get().seen == seen
