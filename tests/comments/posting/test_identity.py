"""The identity row: who comments, drafts kept through a login, and rejected requests."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.login import oauth_start
from accounts.models import Commenter
from blog.models import Essay
from comments.models import Comment
from comments.posting.drafts import MAX_BYTES
from server.jobs import maintenance
from tests import make
from tests.comments.browser_client import Browser, Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def essay() -> Essay:
    make.rules(hold_first_comment=False, flood_seconds=0)
    return make.essay("Of Forms")


@pytest.fixture
def reader() -> Browser:
    return Browser(make.user("reader", name="Rosa Castellanos"))


def test_a_draft_is_restored_where_it_was_saved(essay: Essay) -> None:
    answered = make.comment(essay)
    browser = Browser()
    for parent, text in (("", "To the essay."), (str(answered.pk), "To the comment.")):
        fields = make.guest_form(text=text, parent=parent, website="example.org")
        answer = browser.post(f"{essay.get_absolute_url()}connect/site/", fields)
        query = f"%3Freplyto%3D{parent}" if parent else ""
        assert answer.headers["Location"] == (
            f"/accounts/login/?next={essay.get_absolute_url().replace('/', '%2F')}{query}%23respond"
        )
    assert browser.read(essay).form_values == make.guest_form(text="To the essay.", website="example.org")
    under = browser.read(f"{essay.get_absolute_url()}?replyto={answered.pk}")
    assert under.form_values == make.guest_form(text="To the comment.", parent=str(answered.pk), website="example.org")
    browser.post_comment(essay, text="To the comment.", parent=str(answered.pk))
    assert browser.read(f"{essay.get_absolute_url()}?replyto={answered.pk}").form_values["text"] == ""
    assert browser.read(essay).form_values["text"] == "To the essay."
    assert Browser().read(essay).form_values["text"] == ""


def test_drafts_expire_after_an_hour_and_are_limited_in_size(essay: Essay) -> None:
    browser = Browser()
    other = make.essay("Of Room")
    browser.post(f"{essay.get_absolute_url()}connect/x/", {"text": "Ä" * (MAX_BYTES // 3)})
    assert browser.read(essay).form_values["text"].startswith("ÄÄ")
    browser.post(f"{other.get_absolute_url()}connect/x/", {"text": "Ö" * (MAX_BYTES // 3)})
    assert browser.read(essay).form_values["text"] == ""
    assert browser.read(other).form_values["text"].startswith("ÖÖ")
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert browser.read(other).form_values["text"] == ""


def test_logging_out_keeps_the_draft(essay: Essay, reader: Browser) -> None:
    assert "You are commenting using your Rejoinder account." in reader.read(essay).text
    answer = reader.post(f"{essay.get_absolute_url()}log-out/", {"text": "Words of mine."})
    page = reader.read(answer.headers["Location"])
    assert page.form_values == make.guest_form(text="Words of mine.", name="", email="")
    assert "You are commenting" not in page.text


def test_changing_identity_does_not_log_out(essay: Essay, reader: Browser) -> None:
    answer = reader.post(f"{essay.get_absolute_url()}change/", {"text": "Words of mine."})
    page = reader.read(answer.headers["Location"])
    assert page.form_values == make.guest_form(text="Words of mine.", name="", email="")
    assert "Keep commenting as Rosa Castellanos" in page.text
    answer = reader.post(f"{essay.get_absolute_url()}change/", {"text": "Words of mine.", "keep": "1"})
    page = reader.read(answer.headers["Location"])
    assert page.form_values["text"] == "Words of mine."
    assert "You are commenting using your Rejoinder account." in page.text
    comment = reader.post_comment(essay, **make.guest_form(text="As a guest."))
    assert (comment.commenter.name, comment.commenter.user) == ("Anna Karg", None)


def test_an_author_who_comments_as_a_guest_is_trusted_as_a_guest(essay: Essay) -> None:
    make.rules(hold_first_comment=True, flood_seconds=0)
    author = make.author(name="Miriam Achterberg")
    mine = make.essay("Mine", by=author)
    browser = Browser(author)
    assert browser.post_comment(mine, text="By myself.").is_approved
    assert not browser.post_comment(mine, **make.guest_form(text="As a guest.")).is_approved


def test_nothing_is_posted_under_another_name_than_the_page_showed(essay: Essay, reader: Browser) -> None:
    other = Commenter.objects.for_user(make.user("other", name="Teodor Marin"))
    page = reader.submit_comment(essay, **{"text": "Words of mine.", "as": str(other.pk)})
    assert page.status == 422
    assert "You’re now logged in as Rosa Castellanos." in page.error_summary
    assert page.form_values["text"] == "Words of mine."
    gone = Browser().submit_comment(essay, **{"text": "Words of mine.", "as": str(other.pk)})
    assert gone.status == 422
    assert "You’re no longer logged in." in gone.error_summary
    assert gone.form_values["text"] == "Words of mine."
    assert not Comment.objects.exists()


def test_the_identity_fragment_is_private(essay: Essay, reader: Browser) -> None:
    answer = reader.get(f"{essay.get_absolute_url()}identity/")
    assert "You are commenting using your Rejoinder account." in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "<html" not in answer.text
    stranger = Browser().get(f"{essay.get_absolute_url()}identity/")
    assert "Log in with X (Twitter)" in stranger.text
    assert not stranger.cookies


def test_cross_site_requests_are_rejected(essay: Essay, reader: Browser) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    for place in ("connect/x/", "log-out/", "change/"):
        assert reader.post(f"{essay.get_absolute_url()}{place}", headers=foreign).status_code == 403
    assert "You are commenting" in reader.read(essay).text


def test_login_attempts_are_limited(essay: Essay) -> None:
    with time_machine.travel(timezone.now(), tick=False):  # one more attempt is allowed every second
        browser = Browser()
        x = f"{essay.get_absolute_url()}connect/x/"
        answers = [browser.post(x, {"window": "1"}) for _ in range(oauth_start.PER_MINUTE + 1)]
        assert answers[-1].headers["Location"] == "/accounts/done/?login=often"
        assert "/x/i/oauth2/authorize" in answers[0].headers["Location"]
        for place in ("connect/x/", "change/", "log-out/"):
            stranger = Browser()
            page = Page(stranger.post(f"{essay.get_absolute_url()}{place}", make.guest_form(text="Words of mine.")))
            assert page.status == 429
            assert page.error_summary.startswith("Too many login attempts")
            assert page.form_values == make.guest_form(text="Words of mine.")
            assert not stranger.cookies


def test_a_guests_draft_is_deleted_after_an_hour(essay: Essay, reader: Browser) -> None:
    Browser().post(f"{essay.get_absolute_url()}connect/site/", {"text": "Words of mine."})
    reader.post(f"{essay.get_absolute_url()}change/", {"text": "Words of mine."})
    assert Session.objects.count() == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        maintenance.delete_expired.call()
        assert "You are commenting" in reader.read(essay).text
        assert not Session.objects.get().get_decoded()["carried"]
    reader.post(f"{essay.get_absolute_url()}log-out/", {"text": "Words of mine."})
    assert reader.session.get_expiry_age() == 60 * 60


def test_a_draft_may_be_written_before_a_required_login(essay: Essay) -> None:
    make.rules(who_may_comment="login")
    browser = Browser()
    page = browser.submit_comment(essay, text="Words of mine.")
    assert page.status == 403
    assert page.form_values["text"] == "Words of mine."
    browser.post(f"{essay.get_absolute_url()}connect/x/", {"text": "Words of mine."})
    assert browser.read(essay).form_values["text"] == "Words of mine."


def test_logged_in_commenters_show_their_service_and_guests_do_not(essay: Essay) -> None:
    verified = make.guest("Rosa Castellanos", mark="X: @rosa_<c>", profile="https://x.com/rosa_c")
    make.comment(essay, by=verified)
    make.comment(essay, by=make.guest("Ines Okafor"))
    page = Browser().get(essay.get_absolute_url()).text
    assert page.count("verified through") == 1
    assert "<bdi>X: @rosa_&lt;c&gt;</bdi>" in page
    assert '<a href="https://x.com/rosa_c" rel="nofollow ugc noopener external">Rosa Castellanos</a>' in page
