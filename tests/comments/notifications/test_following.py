"""Email subscriptions: requested with a reply or beside it, confirmed once, changed and ended by links."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail

from accounts.models import Commenter, User
from blog.models import Essay
from comments.models import Address, Comment, Notice, Subscription
from comments.notifications import signed_links
from moderation.decisions import actions as deciding
from server.jobs.worker import run_ready_jobs
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TICKED: dict[str, Any] = {"notify_replies": "on"}


@pytest.fixture(autouse=True)
def _open() -> None:
    make.rules(hold_first_comment=False)


@pytest.fixture
def friend() -> Browser:
    """Another person at another IP address."""
    return Browser(address="198.51.100.4")


def posted() -> list[Any]:
    """Emails that the jobs have sent since the last call."""
    mail.outbox.clear()
    run_ready_jobs()
    return [message for message in mail.outbox if message.to != ["miriam@example.org"]]


def link_in(message: Any, what: str) -> str:
    """The path of the first URL in the email's text that contains this string."""
    found = re.search(rf"{re.escape(settings.SITE_URL)}(\S*/{what}/\S+)", message.body)
    assert found, message.body
    return found[1]


def confirm(browser: Browser, message: Any, **more: str) -> Page:
    """Open the link and press its button."""
    address = link_in(message, "confirm")
    page = browser.read(address)
    ticked = [str(box.get("value")) for box in page.all("input[@name='subscription']")]
    answer = browser.post(address, {"subscription": ticked, "know": "1"} | more, follow=True)
    assert answer.status_code == 200
    return Page(answer)


def say(browser: Browser, essay: Essay, to: Comment | None = None, **fields: Any) -> Comment:
    """Post a reply from the page, with boxes ticked."""
    fields = {"text": f"Words {Comment.objects.count()}.", "parent": str(to.pk) if to else ""} | fields
    return browser.post_comment(essay, **fields)


class TestUnderTheReply:
    def test_no_box_is_ticked_at_first_and_no_email_is_sent(self, essay: Essay, guest: Browser) -> None:
        page = guest.read(essay)
        boxes = {box.get("name"): box for box in page.all("input[@type='checkbox']")}
        assert boxes["notify_replies"].get("checked") is boxes["notify_essays"].get("checked") is None
        for words in ("Notify me of new comments via email.", "Notify me of new posts via email."):
            assert words in page.text
        say(guest, essay)
        assert not Subscription.objects.exists()
        assert posted() == []

    @pytest.mark.both
    def test_an_address_is_confirmed_once_and_then_notified_of_replies(
        self, essay: Essay, guest: Browser, friend: Browser
    ) -> None:
        comment = say(guest, essay, **TICKED)
        (asking,) = posted()
        assert asking.to == ["anna@example.org"]
        say(friend, essay, comment, name="Bo", email="bo@example.org", text="Before the button.")
        assert posted() == []
        confirm(guest, asking)
        say(friend, essay, comment, name="Bo", email="bo@example.org", text="I *disagree*.")
        (notice,) = posted()
        assert notice.to == ["anna@example.org"]
        assert "I _disagree_." in notice.body
        say(friend, essay, name="Bo", email="bo@example.org", text="To nobody.")
        assert posted() == []

    def test_later_subscriptions_in_the_same_browser_need_no_confirmation(
        self, essay: Essay, guest: Browser, friend: Browser
    ) -> None:
        say(guest, essay, **TICKED)
        confirm(guest, posted()[0])
        say(guest, essay, notify_essays="on")
        assert posted() == []
        assert set(Subscription.objects.active().values_list("kind", flat=True)) == {"replies", "essays"}

    def test_typing_the_address_elsewhere_changes_nothing(self, essay: Essay, guest: Browser, friend: Browser) -> None:
        say(guest, essay, **TICKED)
        confirm(guest, posted()[0])
        say(friend, essay, name="Mallory", email="anna@example.org", notify_replies="on", notify_about="essay")
        (asking,) = posted()
        assert "Mallory" not in asking.subject + asking.body + str(asking.alternatives)
        assert Subscription.objects.active().count() == 1

    @pytest.mark.both
    def test_at_most_three_confirmations_a_day_and_the_last_confirms_all(self, essay: Essay, guest: Browser) -> None:
        for _ in range(5):
            say(Browser(), essay, **TICKED)
        asking = posted()
        assert len(asking) == 3
        page = confirm(guest, asking[-1])
        assert "You’re subscribed." in page.text
        assert Subscription.objects.active().count() == 5

    @pytest.mark.both
    @pytest.mark.parametrize("about", ["replies", "thread", "essay"])
    def test_which_comments_send_emails(self, essay: Essay, guest: Browser, friend: Browser, about: str) -> None:
        root = make.comment(essay, "The root.")
        mine = say(guest, essay, root, notify_about=about, **TICKED)
        confirm(guest, posted()[0])
        bo: dict[str, Any] = {"name": "Bo", "email": "bo@example.org"}
        heard = {}
        for what, to in (("replies", mine), ("thread", root), ("essay", None)):
            say(friend, essay, to, text=f"One of {what}.", **bo)
            heard[what] = bool(posted())
        wider = ["replies", "thread", "essay"]
        assert heard == {what: wider.index(what) <= wider.index(about) for what in wider}

    def test_a_verified_account_needs_no_confirmation(self, essay: Essay, friend: Browser) -> None:
        reader = Browser(make.user("rhea"))
        comment = say(reader, essay, **TICKED)
        assert posted() == []
        say(friend, essay, comment, name="Bo", email="bo@example.org")
        assert [message.to for message in posted()] == [["rhea@example.org"]]
        say(reader, essay, comment, text="My own.")
        assert posted() == []

    def test_ticking_a_box_again_changes_nothing(self, essay: Essay) -> None:
        reader = Browser(make.user("rhea"))
        say(reader, essay, **TICKED)
        run_ready_jobs()
        Subscription.objects.update(often="daily")
        before = list(Subscription.objects.values())
        say(reader, essay, **TICKED)
        run_ready_jobs()
        assert list(Subscription.objects.values()) == before

    def test_a_missing_address_is_an_error_beside_the_field_and_nothing_is_lost(
        self, essay: Essay, guest: Browser
    ) -> None:
        make.rules(hold_first_comment=False, who_may_comment="name")
        page = guest.submit_comment(essay, text="Words.", name="Anna Karg", email="", notify_essays="on")
        assert page.status == 422
        assert "Enter an email address for your notifications." in page.error_summary
        assert page.form_values["text"].strip() == "Words."
        assert page.form_values["notify_essays"] == "on"
        assert not Comment.objects.exists()

    def test_an_account_without_an_address_gets_an_error(self, essay: Essay) -> None:
        user = make.user("nomail")
        User.objects.filter(pk=user.pk).update(email="")
        page = Browser(user).submit_comment(essay, text="Words.", **TICKED)
        assert page.status == 422
        assert "has no email address" in page.error_summary

    def test_without_subscriptions_there_are_no_boxes_and_requests_are_ignored(
        self, essay: Essay, guest: Browser
    ) -> None:
        make.rules(hold_first_comment=False, readers_may_follow=False)
        assert "Notify me" not in guest.read(essay).text
        say(guest, essay, **TICKED)
        assert posted() == []
        assert guest.get("/subscriptions/").status_code == 404


class TestWithoutCommenting:
    @pytest.mark.both
    def test_an_essay_and_new_essays_have_a_subscription_page(
        self, essay: Essay, guest: Browser, friend: Browser
    ) -> None:
        page = guest.read(f"/subscriptions/?essay={essay.pk}")
        assert "Whose Promise Is It?" in page.text
        answer = guest.post(
            f"/subscriptions/?essay={essay.pk}",
            {"email": "Stranger@Example.org", "what": ["essay", "essays"], "often": "at_once"},
            follow=True,
        )
        assert "Check your email" in Page(answer).text
        (asking,) = posted()
        assert asking.to == ["stranger@example.org"]
        confirm(guest, asking)
        say(friend, essay, name="Bo", email="bo@example.org")
        assert [message.to for message in posted()] == [["stranger@example.org"]]
        assert not Commenter.objects.filter(email="stranger@example.org").exists()

    def test_the_response_is_the_same_for_a_known_address(self, essay: Essay, guest: Browser) -> None:
        make.user("rhea")
        answers = [
            Browser().post("/subscriptions/", {"email": email, "what": ["essays"], "often": "daily"}, follow=True)
            for email in ("rhea@example.org", "nobody@example.org")
        ]
        assert answers[0].content == answers[1].content
        assert answers[0].redirect_chain == answers[1].redirect_chain

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"email": "", "what": ["essays"], "often": "daily"}, "Enter your email address"),
            ({"email": "a@b", "what": ["essays"], "often": "daily"}, "needs an ending"),
            ({"email": "a@example.org", "often": "daily"}, "Choose at least one"),
            ({"email": "a@example.org", "what": ["essay"], "often": "daily"}, "Choose an option from the list"),
            ({"email": "a@example.org", "what": ["essays"], "often": "hourly"}, "Choose an option from the list"),
        ],
    )
    def test_errors_appear_beside_their_fields(self, fields: dict[str, Any], words: str) -> None:
        answer = Browser().post("/subscriptions/", fields)
        assert answer.status_code == 422
        assert words in Page(answer).text
        assert not Address.objects.exists()

    def test_a_thread_can_be_followed_and_a_missing_one_cannot(self, essay: Essay, friend: Browser) -> None:
        root = make.comment(essay, "The root.", by=make.guest("Ulla"))
        page = Browser().read(f"/subscriptions/?comment={root.pk}")
        assert "The thread started by Ulla" in page.text
        held = make.comment(essay, "Held.", status="pending")
        for query in (f"comment={held.pk}", "comment=x", "comment=99999999", "essay=0", "essay=99999", "essay=٣"):
            assert Browser().get(f"/subscriptions/?{query}").status_code == 404, query


class TestWhatWaitsForADecision:
    @pytest.fixture
    def held(self, essay: Essay, guest: Browser) -> Comment:
        make.rules(hold_first_comment=True)
        return say(guest, essay, remember="on")

    @pytest.mark.both
    def test_an_author_can_request_the_decision_by_email(self, essay: Essay, guest: Browser, held: Comment) -> None:
        page = guest.read(held.get_absolute_url())
        assert "Email me the decision" in page.text
        answer = guest.post(f"/comments/{held.pk}/tell/", follow=True)
        assert "open the confirmation link we’ve emailed you" in Page(answer).text
        confirm(guest, posted()[0])
        assert "We’ll email you the decision." in guest.read(held.get_absolute_url()).text
        deciding.trash(held, by=make.moderator("mara"))
        told = [message for message in posted() if message.to == ["anna@example.org"]]
        assert [message.subject for message in told] == [
            "[Rejoinder] Your comment on “Whose Promise Is It?” was not published"
        ]
        deciding.restore(held, by=make.moderator("nils"))
        deciding.approve(held, by=make.moderator("olga"))
        assert [message for message in posted() if message.to == ["anna@example.org"]] == []

    def test_no_one_else_can_request_the_decision(self, held: Comment, friend: Browser) -> None:
        assert friend.post(f"/comments/{held.pk}/tell/", {"email": "bo@example.org"}).status_code == 404

    def test_an_author_without_an_address_enters_one_then(self, essay: Essay) -> None:
        make.rules(hold_first_comment=True, who_may_comment="name")
        nameless = Browser(address="192.0.2.8")
        comment = say(nameless, essay, name="Cleo", email="", remember="on")
        answer = nameless.post(f"/comments/{comment.pk}/tell/")
        assert answer.status_code == 422
        assert "Enter your email address" in Page(answer).text
        nameless.post(f"/comments/{comment.pk}/tell/", {"email": "cleo@example.org"})
        assert [message.to for message in posted()] == [["cleo@example.org"]]


class TestTheLinks:
    @pytest.fixture
    def notice(self, essay: Essay, guest: Browser, friend: Browser) -> Any:
        comment = say(guest, essay, **TICKED)
        confirm(guest, posted()[0])
        say(friend, essay, comment, name="Bo", email="bo@example.org")
        return posted()[0]

    def test_one_click_unsubscribe_works(self, essay: Essay, notice: Any) -> None:
        link = notice.extra_headers["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)
        program = Browser(headers={})  # neither cookie nor origin
        answer = program.post(link, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert not Subscription.objects.active().exists()

    def test_opening_every_link_changes_nothing(self, essay: Essay, guest: Browser, notice: Any) -> None:
        say(Browser(address="192.0.2.9"), essay, email="new@example.org", **TICKED)
        messages = [notice, *posted()]
        before = [list(model.objects.values()) for model in (Subscription, Address)]
        for message in messages:
            links = re.findall(r"https?://[^\s<>\"]+", message.body + message.alternatives[0].content)
            links.append(message.extra_headers.get("List-Unsubscribe", "").strip("<>"))
            for link in filter(None, links):
                for method in ("get", "head"):
                    getattr(Browser(headers={}), method)(link.removeprefix(settings.SITE_URL), follow=True)
        assert [list(model.objects.values()) for model in (Subscription, Address)] == before

    def test_the_unsubscribe_page_stops_and_resumes(self, guest: Browser, notice: Any) -> None:
        link = link_in(notice, "stop")
        assert "We email anna@example.org about" in guest.read(link).text
        page = Page(guest.post(link))
        assert "You’ve unsubscribed from these emails." in page.text
        assert page.response.headers["Referrer-Policy"] == "same-origin"
        assert not Subscription.objects.active().exists()
        guest.post(link, {"undo": "1"})
        assert Subscription.objects.active().exists()

    @pytest.mark.both
    def test_the_page_of_all_subscriptions_changes_pauses_and_stops(
        self, essay: Essay, guest: Browser, friend: Browser, notice: Any
    ) -> None:
        everything = re.search(rf"{re.escape(settings.SITE_URL)}(/subscriptions/[^/\s]+/)\s", notice.body)
        assert everything
        link, row = everything[1], Subscription.objects.get()
        assert "anna@example.org" in guest.read(link).text

        def press(**fields: Any) -> str:
            return Page(guest.post(link, fields, follow=True)).text

        assert "Changes saved." in press(do="daily", subscription=row.pk)
        assert Subscription.objects.get().often == "daily"
        assert press(do="pause", address=row.address_id).count("All emails are paused.") == 1
        comment = Comment.objects.get(commenter=row.commenter_id)
        say(friend, essay, comment, name="Bo", email="bo@example.org", text="While it rests.")
        assert posted() == []
        assert not Notice.objects.filter(comment__wording__text="While it rests.", email="anna@example.org").exists()
        assert "Emails resumed." in press(do="resume", address=row.address_id)
        assert Subscription.objects.active().exists()
        assert "You’ve unsubscribed this address from all emails." in press(do="stop-all", address=row.address_id)
        assert not Subscription.objects.active().exists()

    def test_a_link_for_one_address_changes_no_other(self, essay: Essay, guest: Browser, notice: Any) -> None:
        other = Address.objects.create(email="other@example.org")
        theirs = Subscription.objects.create(address=other, kind="essays")
        link = re.search(rf"{re.escape(settings.SITE_URL)}(/subscriptions/[^/\s]+/)\s", notice.body)
        assert link
        for fields in ({"do": "stop", "subscription": theirs.pk}, {"do": "pause", "address": other.pk}):
            guest.post(link[1], fields)
        other.refresh_from_db()
        theirs.refresh_from_db()
        assert (other.is_paused, theirs.stopped) == (False, None)

    @pytest.mark.parametrize("path", ["confirm/x/", "stop/x/", "stop-daily/x/", "x/", "confirm/MQ:1:x/"])
    def test_an_invalid_link_shows_an_error(self, path: str) -> None:
        for method in ("get", "post"):
            answer = getattr(Browser(), method)(f"/subscriptions/{path}")
            assert answer.status_code == 410
            assert "This link doesn’t work" in Page(answer).text

    def test_links_of_old_emails_say_that_the_subscription_has_ended(self, guest: Browser, notice: Any) -> None:
        daily = signed_links.unsubscribe_daily_url(Address.objects.get()).removeprefix(settings.SITE_URL)
        manage = signed_links.subscriptions_url(Address.objects.get()).removeprefix(settings.SITE_URL)
        Address.objects.all().delete()  # as a month after its last subscription was stopped
        for link in (link_in(notice, "stop"), daily):
            for answer in (guest.get(link), guest.post(link, {"List-Unsubscribe": "One-Click"})):
                assert answer.status_code == 200
                assert "You’re no longer subscribed to these emails." in answer.text
        assert "You have no subscriptions." in guest.read(manage).text

    @pytest.mark.both
    def test_unconfirmed_subscriptions_are_deleted(self, essay: Essay, guest: Browser) -> None:
        say(guest, essay, notify_essays="on", **TICKED)
        asking = posted()[0]
        page = guest.read(link_in(asking, "confirm"))
        boxes = {str(box.get("value")) for box in page.all("input[@name='subscription']")}
        assert len(boxes) == 2
        kept = Subscription.objects.get(kind="essays")
        confirm(guest, asking, subscription=str(kept.pk))
        assert list(Subscription.objects.all()) == [kept]
        assert "There’s nothing to confirm" in guest.read(link_in(asking, "confirm")).text

    def test_a_logged_in_person_finds_their_subscriptions_in_the_account(self, essay: Essay) -> None:
        reader = Browser(make.user("rhea"))
        say(reader, essay, **TICKED)
        run_ready_jobs()
        page = reader.read("/subscriptions/mine/")
        assert "rhea@example.org" in page.text
        assert "Replies to" in page.text
