"""Essays and settings in the admin, used as an author and as the owner."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog import actions
from blog.models import Draft, Essay, Redirect, Site, Tag
from comments.models import Discussion, Rules
from tests import make
from tests.blog.essay_forms import take_step
from tests.comments.browser_client import Page, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ESSAYS = "/admin/blog/essay/"
NOVEMBER = {"when": "at", "date": "2026-11-20", "time": "09:00"}


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


@pytest.fixture
def desk(author: User) -> Client:
    return client_of(author)


def client_of(user: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(user)
    return client


def fields(**more: Any) -> dict[str, Any]:
    """Return the fields that the form sends."""
    inlines = {
        "authorships-TOTAL_FORMS": "0",
        "authorships-INITIAL_FORMS": "0",
        "discussion-TOTAL_FORMS": "1",
        "discussion-INITIAL_FORMS": "0",
        "discussion-0-is_open": "on",
    }
    essay = {
        "kind": "essay", "title": "Whose Promise Is It?", "slug": "", "deck": "On keeping a word", "body": "<p>In the spring.</p>",
        "excerpt": "",
    }  # fmt: skip
    return {**essay, **inlines, **more}


def test_an_author_publishes_an_essay_and_readers_see_it(desk: Client, author: User) -> None:
    tag = Tag.objects.ensure("Promises")
    answer = desk.post(f"{ESSAYS}add/", fields(tags=tag.name, body="<h1>Big</h1><p onclick=x>In the spring.</p>"))
    assert answer.status_code == 302
    take_step(desk, Essay.objects.get(), **NOVEMBER)
    essay = Essay.objects.get()
    assert (essay.slug, essay.word_count, essay.bylines) == ("whose-promise-is-it", 4, [author])
    page = Client(headers={"host": "127.0.0.1"}).get("/2026/11/20/whose-promise-is-it/").content.decode()
    for part in ("Whose Promise Is It?", "On keeping a word", "Miriam Achterberg", "<h2", "In the spring.", "Promises"):
        assert part in page
    assert "onclick" not in page


def test_blank_lines_typed_without_script_begin_paragraphs(desk: Client) -> None:
    typed = "One <b>b</b>.\r\n\r\n<b>Two</b>,\r\nstill two.\r\n\r\n<h2>H</h2>\r\n\r\n<p>Three\r\n\r\nx</p>\r\n\r\n<pre>a\r\n\r\nb</pre>"
    desk.post(f"{ESSAYS}add/", fields(body=typed))
    assert Essay.objects.get().body == (
        "<p>One <b>b</b>.</p><p><b>Two</b>,\nstill two.</p><h2>H</h2><p>Three\n\nx</p><pre>a\n\nb</pre>"
    )
    desk.post(f"{ESSAYS}add/", fields(body="<p>a</p>b\n\nc", tab="abc"))  # what the editor sends is HTML
    assert Essay.objects.latest("pk").body == "<p>a</p><p>b\n\nc</p>"


def test_a_draft_needs_no_date_and_no_title(desk: Client) -> None:
    answer = desk.post(f"{ESSAYS}add/", fields(title="", body="", deck=""))
    assert answer.status_code == 302
    essay = Essay.objects.get()
    assert (essay.published, essay.slug) == (None, "untitled")


def test_a_form_with_errors_keeps_what_was_typed(desk: Client) -> None:
    answer = desk.post(f"{ESSAYS}add/", fields(canonical="tomorrow", body="<p>Precious.</p>"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Precious." in page
    assert "errorlist" in page
    assert not Essay.objects.exists()


def test_a_used_slug_is_an_error_of_its_field(desk: Client) -> None:
    make.essay("Mine", slug="mine")
    answer = desk.post(f"{ESSAYS}add/", fields(slug="mine"))
    assert answer.status_code == 422
    assert "already exists" in answer.content.decode()


def test_dots_in_a_slug_become_hyphens(desk: Client) -> None:
    assert desk.post(f"{ESSAYS}add/", fields(slug="django-5.2.")).status_code == 302
    assert desk.post(f"{ESSAYS}add/", fields(title="Python 3.14 is out...", slug="")).status_code == 302
    assert desk.post("/admin/blog/tag/add/", {"name": "Version 2.0", "slug": "version-2.0"}).status_code == 302
    assert {*Essay.objects.values_list("slug", flat=True)} == {"django-5-2", "python-3-14-is-out"}
    assert Tag.objects.get().slug == "version-2-0"


def test_a_page_cannot_use_a_reserved_slug(desk: Client) -> None:
    answer = desk.post(f"{ESSAYS}add/", fields(kind="page", slug="comments"))
    assert answer.status_code == 422
    assert "This slug is reserved." in answer.content.decode()


def test_the_old_address_redirects_after_a_new_slug(desk: Client) -> None:
    desk.post(f"{ESSAYS}add/", fields())
    take_step(desk, Essay.objects.get(), **NOVEMBER)
    essay = Essay.objects.get()
    change = fields(slug="whose-word") | {
        "authorships-TOTAL_FORMS": "1",
        "authorships-INITIAL_FORMS": "1",
        "authorships-0-id": str(essay.authorships.get().pk),
        "authorships-0-essay": str(essay.pk),
        "authorships-0-author": str(essay.bylines[0].pk),
        "authorships-0-position": "0",
        "discussion-INITIAL_FORMS": "0",
    }
    assert desk.post(f"{ESSAYS}{essay.pk}/change/", change).status_code == 302
    take_step(desk, essay)
    assert Redirect.objects.get().old_path == "/2026/11/20/whose-promise-is-it/"
    answer = Client(headers={"host": "127.0.0.1"}).get("/2026/11/20/whose-promise-is-it/")
    assert answer.headers["Location"] == "/2026/11/20/whose-word/"


def test_comments_are_closed_in_the_essay_form(desk: Client) -> None:
    sent = fields()
    del sent["discussion-0-is_open"]
    desk.post(f"{ESSAYS}add/", sent)
    take_step(desk, Essay.objects.get())
    essay = Essay.objects.get()
    assert not Discussion.objects.get(essay=essay).is_open
    page = Client(headers={"host": "127.0.0.1"}).get(essay.get_absolute_url()).content.decode()
    assert "Comments are closed." in page
    assert 'class="respond"' not in page


def test_the_list_can_be_searched_and_filtered(desk: Client, author: User) -> None:
    now = timezone.now()
    make.essay("Out", by=author, body="<p>orchard</p>")
    make.essay("Later", by=author, published=now + timedelta(days=3))
    make.essay("Draft", by=author, published=None)
    for query, found in (
        ("state=published", "Out"), ("state=scheduled", "Later"), ("state=draft", "Draft"), ("q=orchard", "Out"),
        (f"published__year={(now + timedelta(days=3)).year}&state=scheduled", "Later"),
    ):  # fmt: skip
        page = desk.get(f"{ESSAYS}?{query}").content.decode()
        assert [title for title in ("Out", "Later", "Draft") if f">{title}<" in page] == [found], query


def test_drafts_come_first_and_those_never_saved_before_all(desk: Client, author: User) -> None:
    for title, published in (("Out", timezone.now()), ("Draft", None)):
        make.essay(title, by=author, published=published, body="<p>Three more words.</p>")
    draft = Draft.objects.create(author=author, fields={"title": "Typed", "body": "<p>So far.</p>"})
    page = Page(desk.get(ESSAYS))
    rows = page.all("table[@id='result_list']/tbody/tr")
    assert [text_of(row.find("th/a")) for row in rows] == ["Typed 2 words", "Draft 3 words", "Out"]
    assert [text_of(row.find("td[@class='field-state']")) for row in rows] == ["draft", "draft", "published"]
    assert "edited just now" in text_of(rows[0])
    assert len(page.all("input[@class='action-select']")) == 2
    assert rows[0].find(f"th/a[@href='{ESSAYS}add/?draft={draft.pk}']") is not None
    assert "3 essays" in page.text
    assert "result" not in text_of(page.by_id("changelist-search"))


def test_view_on_site_is_only_offered_for_published_essays(desk: Client, author: User) -> None:
    out, draft = make.essay("Out", by=author), make.essay("Draft", by=author, published=None)
    assert out.get_absolute_url() in desk.get(f"{ESSAYS}{out.pk}/change/").content.decode()
    assert draft.get_absolute_url() not in desk.get(f"{ESSAYS}{draft.pk}/change/").content.decode()


def test_the_list_takes_the_same_queries_for_any_number_of_essays(
    desk: Client, author: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        make.essay(f"Essay {number}", by=author)
    desk.get(ESSAYS)
    with django_assert_max_num_queries(16):
        desk.get(ESSAYS)


def test_deleting_an_essay_deletes_its_discussion() -> None:
    desk = client_of(make.owner())
    essay = make.essay("Gone")
    reply = make.comment(essay, to=make.comment(essay))
    make.comment(essay, to=reply)
    assert desk.post(f"{ESSAYS}{essay.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Essay.objects.exists()


def test_an_author_may_not_change_the_site_or_its_rules(desk: Client) -> None:
    for address in ("/admin/blog/site/1/change/", "/admin/comments/rules/1/change/", "/admin/accounts/user/"):
        assert desk.get(address).status_code == 403


def test_the_owner_changes_the_site_in_one_form() -> None:
    desk = client_of(make.owner())
    answer = desk.get("/admin/blog/site/", follow=True)
    assert answer.redirect_chain == [("/admin/blog/site/1/change/", 302)]
    sent = {
        "name": "The Long Letter",
        "tagline": "Slowly",
        "language": "nl",
        "time_zone": "Europe/Amsterdam",
        "essays_per_page": "7",
    }
    assert desk.post("/admin/blog/site/1/change/", sent).status_code == 302
    site = Site.objects.get()
    assert (site.name, site.language, site.essays_per_page) == ("The Long Letter", "en", 7)
    wrong = desk.post("/admin/blog/site/1/change/", sent | {"time_zone": "Amsterdam"})
    assert "time zone" in wrong.content.decode()
    assert Site.objects.get().time_zone == "Europe/Amsterdam"


def submitted_rules() -> dict[str, str]:
    return {
        "who_may_comment": "name", "close_after_days": "0", "flood_seconds": "15", "hold_links": "3", "hold_words": "casino",
        "refuse_words": "", "moderator_emails": "hourly", "order": "newest", "threads_a_page": "20", "shown_depth": "4", "edit_minutes": "15",
        "likers": "reader", "spam_hold_at": "0", "spam_mark_at": "0", "hold_quick": "2",
    }  # fmt: skip


def test_the_owner_changes_the_rules_in_one_form() -> None:
    desk = client_of(make.owner())
    assert desk.post("/admin/comments/rules/1/change/", submitted_rules()).status_code == 302
    rules = Rules.objects.get()
    assert (rules.who_may_comment, rules.hold_first_comment, rules.hold_links, rules.order) == (
        "name",
        False,
        3,
        "newest",
    )


@pytest.mark.parametrize("was_there", [True, False], ids=["counted before", "first comment"])
def test_a_comment_posted_while_settings_are_saved_stays_counted(
    desk: Client, author: User, monkeypatch: pytest.MonkeyPatch, was_there: bool
) -> None:
    make.rules()
    essay = make.essay("Whose Promise Is It?", by=author)
    if was_there:
        make.comment(essay)
    address = f"{ESSAYS}{essay.pk}/change/"
    opened = desk.get(address).content.decode()
    assert f'name="discussion-INITIAL_FORMS" value="{int(was_there)}"' in opened
    assert "Leave empty to use the site setting (5)." in opened
    assert "Leave empty to use the site setting (oldest first)." in opened
    save = actions.save

    def save_while_a_reply_is_posted(saved: Essay, **more: Any) -> Essay:
        """Post a reply after the form has read the row that it will write."""
        make.comment(essay)
        return save(saved, **more)

    monkeypatch.setattr(actions, "save", save_while_a_reply_is_posted)
    if not was_there:
        make.comment(essay)  # the row came into being since the form was opened
    sent = fields(**{
        "discussion-INITIAL_FORMS": str(int(was_there)), "discussion-0-essay": str(essay.pk), "slug": essay.slug,
        "discussion-0-own_shown_depth": "3", "discussion-0-own_order": "newest", "discussion-0-may_be_liked": "on",
    })  # fmt: skip
    assert desk.post(address, sent).status_code == 302
    found = Discussion.objects.get(essay=essay)
    assert (found.comment_count, found.threads) == (2, 2)
    assert (found.shown_depth, found.order, found.threads_a_page, found.is_open) == (3, "newest", 50, True)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("shown_depth", "1", "Show at least 2 levels."),
        ("shown_depth", "11", "Show at most 10 levels."),
        ("threads_a_page", "0", "Show at least 1 thread per page."),
        ("threads_a_page", "201", "Show at most 200 threads per page."),
        ("close_after_days", "999999999", "Enter at most 36,500 days"),
    ],
)
def test_an_invalid_setting_is_rejected_with_a_message_in_every_form(
    desk: Client, author: User, name: str, value: str, said: str
) -> None:
    essay = make.essay(by=author)
    refused = desk.post(f"{ESSAYS}{essay.pk}/change/", fields(**{f"discussion-0-own_{name}": value}))
    assert (refused.status_code, said in refused.content.decode()) == (422, True)
    refused = client_of(make.owner()).post("/admin/comments/rules/1/change/", submitted_rules() | {name: value})
    assert (refused.status_code, said in refused.content.decode()) == (200, True)
    with pytest.raises(CommandError, match=f"{name}: {said}"):
        call_command("rules", f"{name}={value}")
    assert not Discussion.objects.exists()
    assert getattr(Rules.objects.current(), name) == getattr(Rules(), name)


def test_times_in_the_admin_are_in_the_sites_time_zone(desk: Client) -> None:
    make.site(time_zone="Asia/Tokyo")
    desk.post(f"{ESSAYS}add/", fields())
    take_step(desk, Essay.objects.get(), when="at", date="2026-11-20", time="06:00")
    essay = Essay.objects.get()
    assert essay.published == datetime(2026, 11, 19, 21, tzinfo=UTC)
    assert essay.get_absolute_url().startswith("/2026/11/20/")
