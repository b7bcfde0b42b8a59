"""The publishing step: when an essay appears, its links and address, updates, rights, and what is out of date."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from blog.images import uploads
from blog.models import Draft
from blog.writing import revisions
from tests import make
from tests.blog.essay_forms import EssayForm, at, public_page, step_url, step_values, take_step
from tests.blog.hostile_pictures import plain
from tests.blog.publishing_step import NOW, button, page_of, saved_draft, the_essay
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def form(author: User) -> EssayForm:
    """The form of a saved draft."""
    return saved_draft(author)


# Saving first


def test_publish_saves_what_was_typed_and_opens_the_step(form: EssayForm) -> None:
    answer = form.send("_publish", body="<p>Half a sentence</p>", tab="abc")
    assert answer.headers["Location"] == f"{step_url(the_essay())}#saved-abc"
    assert the_essay().published is None
    assert revisions.latest_text(the_essay()).text.body == "<p>Half a sentence</p>"
    form.open()
    answer = form.send("_publish", body="<p>A whole one.</p>", tab="abc", _dialog="1")
    assert answer.headers["Location"] == f"/admin/blog/essay/{the_essay().pk}/change/?publish=1#saved-abc"


def test_update_saves_a_published_essay_without_showing_it_to_readers(form: EssayForm) -> None:
    form.publish()
    form.open()
    assert form.send("_publish", body="<p>Not yet.</p>").status_code == 302
    assert "Hardly anybody." in public_page(the_essay())
    changes = page_of(form).only("section[@aria-labelledby='publishing-changes']")
    assert "Not yet." in "".join(changes.itertext())


def test_an_essay_without_text_is_not_published_and_keeps_what_was_entered(form: EssayForm) -> None:
    answer = form.publish({"title": "", "excerpt": "What he got for it."}, body="")
    assert answer.status_code == 422
    page = Page(answer)
    assert "Add a title before you publish." in page.text
    assert "Write some text before you publish." in page.text
    assert "".join(page.by_id("publish_excerpt").itertext()).strip() == "What he got for it."
    assert the_essay().published is None


# When


def test_it_is_published_now(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False):
        assert form.publish().status_code == 302
    assert the_essay().published == NOW
    assert the_essay().get_absolute_url() == "/2026/12/01/objections/"


def test_it_is_scheduled_and_rescheduled(form: EssayForm) -> None:
    with time_machine.travel(NOW, tick=False):
        form.publish(at(NOW + timedelta(days=23)))
        assert the_essay().published == datetime(2026, 12, 24, 9, 30, tzinfo=UTC)
        assert "Schedule for December 24, 09:30" in button(form)
        assert form.take_step(time="11:00").status_code == 302
        assert the_essay().published == datetime(2026, 12, 24, 11, tzinfo=UTC)
        form.take_step(when="now")
        assert the_essay().is_published


def test_a_scheduled_time_that_another_clock_repeats_stays(author: User) -> None:
    at = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)  # 02:30 in Berlin, for the second time
    with time_machine.travel(datetime(2027, 10, 30, tzinfo=UTC), tick=False):
        form = saved_draft(author)
        assert form.take_step(when="at", date="2027-10-31", time="01:30").status_code == 302
        make.site(time_zone="Europe/Berlin")
        assert form.take_step(title="Another Title").status_code == 302
        assert (the_essay().published, the_essay().title) == (at, "Another Title")


def test_the_offered_time_is_a_full_hour_on_the_authors_clock(author: User) -> None:
    make.site(time_zone="Asia/Kolkata")
    with time_machine.travel(datetime(2026, 12, 23, 18, 45, tzinfo=UTC), tick=False):
        values = step_values(saved_draft(author).client, the_essay())
        assert (str(values["date"]), str(values["time"])[:5]) == ("2026-12-24", "01:00")


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"date": "", "time": "09:00"}, "Choose a date and a time."),
        ({"date": "tomorrow", "time": "09:00"}, "Enter a valid date."),
        ({"date": "2027-03-28", "time": "02:30"}, "The clocks change at this time on that day."),
        ({"date": "2027-10-31", "time": "02:30"}, "The clocks change at this time on that day."),
    ],
)
def test_a_wrong_date_is_said_beside_it(form: EssayForm, chosen: dict[str, str], words: str) -> None:
    make.site(time_zone="Europe/Berlin")
    answer = form.take_step(when="at", note="kept", **chosen)
    assert answer.status_code == 422
    assert words in Page(answer).text
    assert the_essay().published is None


def test_the_date_of_a_published_essay_moves_only_into_the_past(form: EssayForm) -> None:
    form.publish()
    assert form.take_step(**at(timezone.now() + timedelta(days=1))).status_code == 422
    assert form.take_step(**at(datetime(2020, 5, 6, 7, 8, tzinfo=UTC))).status_code == 302
    assert the_essay().published == datetime(2020, 5, 6, 7, 8, tzinfo=UTC)


# Lists, links and the address


def test_title_description_picture_and_address_are_changed_in_the_step(
    form: EssayForm, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    picture = uploads.store(plain("PNG", 800, 400), by=User.objects.get())
    small = uploads.store(plain("PNG", 80, 40), by=User.objects.get())
    assert "at least 600 pixels wide" in Page(form.take_step(cover=small.pk)).text
    chosen = {"title": "Replies", "excerpt": "What he got.", "slug": "the-replies", "cover": picture.pk}
    assert form.take_step(**chosen).status_code == 302
    essay = the_essay()
    assert (essay.title, essay.excerpt, essay.slug, essay.cover) == ("Replies", "What he got.", "the-replies", picture)
    page = public_page(essay)
    for part in ('<meta name="description" content="What he got.">', f"{picture.file.url}", "Replies"):
        assert part in page


def test_an_address_made_from_the_title_follows_it_until_readers_know_it(form: EssayForm) -> None:
    assert form.take_step(title="On Dogs", slug="objections").status_code == 302
    assert the_essay().slug == "on-dogs"
    form.take_step(title="On Cats", slug="on-dogs")
    assert (the_essay().title, the_essay().slug) == ("On Cats", "on-dogs")


def test_an_address_that_was_typed_does_not_follow_the_title(author: User) -> None:
    form = EssayForm(author)
    form.open()
    form.save(title="Objections", body="<p>Hardly anybody.</p>", slug="own")
    form.take_step(title="On Dogs", slug="own")
    assert (the_essay().title, the_essay().slug) == ("On Dogs", "own")


def test_a_used_address_is_refused(form: EssayForm) -> None:
    make.essay("Other", slug="taken")
    assert "Another essay has this address." in Page(form.take_step(slug="taken")).text
    page = make.essay("About", kind="page", published=None, by=User.objects.get())
    assert "This slug is reserved." in Page(take_step(form.client, page, slug="comments")).text


def test_each_check_leads_to_its_place(form: EssayForm) -> None:
    form.save(body='<p>See <a href="/nowhere/">here</a>.</p>')
    found = {link.get("href") for link in page_of(form).all("a[@data-find]")}
    change = f"/admin/blog/essay/{the_essay().pk}/change/"
    assert found == {
        "#publish_excerpt", f"{change}?find=link%3Ahere#id_body", f"{change}?find=dead%3A%2Fnowhere%2F#id_body",
    }  # fmt: skip


# Updates


def test_an_update_shows_readers_a_note_or_none(form: EssayForm) -> None:
    form.publish()
    form.open()
    form.publish({"update": "show", "note": "4.82 times, not five"}, body="<p>Almost five.</p>")
    assert "4.82 times, not five" in public_page(the_essay())
    form.open()
    form.publish(body="<p>Almost five, then.</p>")
    page = public_page(the_essay())
    assert "Almost five, then." in page
    assert "4.82 times, not five" in page
    form.take_step(update="hide")
    assert "Updated on" not in public_page(the_essay())


def test_lists_mark_scheduled_essays_and_unpublished_changes(form: EssayForm, author: User) -> None:
    form.publish()
    form.open()
    form.save(body="<p>Not yet.</p>")
    objections = the_essay()
    make.essay("Later", by=author, published=timezone.now() + timedelta(days=3))
    make.essay("Out", by=author)
    autosaved = make.essay("Typed in", by=author)
    for by, essay in ((author, autosaved), (make.author(), objections)):  # those of others are theirs
        Draft.objects.create(essay=essay, author=by, tab="one", fields={"title": "Typed in", "body": "<p>More.</p>"})
    page = Page(form.client.get("/admin/blog/essay/"))
    said = [" ".join("".join(cell.itertext()).split()) for cell in page.all("td[@class='field-state']")]
    assert sorted(said) == ["published", *["published · unpublished changes"] * 2, "scheduled"]
    changed = Page(form.client.get("/admin/")).only("ul[@aria-labelledby='desk-changed']")
    assert sorted(link.text or "" for link in changed.iter("a")) == ["Objections", "Typed in"]
    autosaved.drafts.all().delete()
    form.open()
    form.publish()
    assert "unpublished changes" not in Page(form.client.get("/admin/blog/essay/")).text


# Rights


def test_an_author_without_the_right_is_told_and_publishes_nothing(form: EssayForm, author: User) -> None:
    author.groups.get().permissions.remove(Permission.objects.get(codename="publish_essay"))
    answer = form.publish(body="<p>Saved all the same.</p>")
    assert answer.status_code == 403
    page = Page(answer)
    assert "You don’t have permission to publish this essay." in page.text
    assert not page.all("button[@data-part='submit']")
    assert revisions.latest_text(the_essay()).text.body == "<p>Saved all the same.</p>"
    form.client.post("/admin/blog/essay/", {"action": "publish_now", "_selected_action": [the_essay().pk]})
    assert the_essay().published is None
    revisions.publish_latest(the_essay(), by=author)
    form.open()
    form.send("_unpublish", body="<p>Mine.</p>")
    assert "You don’t have permission to unpublish this essay." in form.open_html()
    form.client.post(form.url_of("publish"), {"undo": "1"})
    assert the_essay().is_published


# Out of date, logged out and by script


def test_a_text_saved_elsewhere_is_not_published_unseen(form: EssayForm, author: User) -> None:
    values = step_values(form.client, the_essay()) | {"excerpt": "Typed here."}
    other = EssayForm(author, the_essay())
    other.open()
    other.save(body="<p>Saved in another tab.</p>")
    answer = form.client.post(step_url(the_essay()), values)
    assert answer.status_code == 409
    page = Page(answer)
    assert "This essay has changed since you opened this page." in page.text
    assert "".join(page.by_id("publish_excerpt").itertext()).strip() == "Typed here."
    assert the_essay().published is None
    values["state"] = page.only("input[@name='state']").get("value")
    assert form.client.post(step_url(the_essay()), values).status_code == 302
    assert "Saved in another tab." in public_page(the_essay())


def test_what_was_entered_while_logged_out_is_kept(form: EssayForm) -> None:
    values = step_values(form.client, the_essay()) | {"excerpt": "Typed <here>."}
    form.client.logout()
    answer = form.client.post(step_url(the_essay()), values)
    assert answer.status_code == 403
    page = Page(answer)
    assert page.only("input[@name='excerpt']").get("value") == "Typed <here>."
    assert the_essay().published is None


def test_a_script_gets_the_address_of_the_next_page(form: EssayForm) -> None:
    values = step_values(form.client, the_essay())
    answer = form.client.post(step_url(the_essay()), values, headers={"accept": "application/json"})
    assert answer.json() == {"location": f"/admin/blog/essay/{the_essay().pk}/change/"}
