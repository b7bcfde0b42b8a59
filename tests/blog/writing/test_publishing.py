"""Publishing, withdrawing and moving essays, with redirects from every address that readers may have."""

import re
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog import actions
from blog.models import Essay, Profile, Redirect
from blog.writing import revisions
from tests import make
from tests.blog.essay_forms import EssayForm, public_page, step_url, take_step
from tests.blog.writing.test_admin import ESSAYS, client_of, fields
from tests.comments.browser_client import Page

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg")


def renamed(essay: Essay, slug: str) -> Essay:
    essay = Essay.objects.get(pk=essay.pk)
    essay.slug = slug
    return actions.save(essay)


def test_every_old_address_redirects_in_one_step(client: Client) -> None:
    essay = make.essay(slug="a")
    before = [essay.get_absolute_url()]
    before += [renamed(essay, slug).get_absolute_url() for slug in ("b", "c", "d", "b", "e")]
    for old in set(before[:-1]):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, before[-1])


def test_no_address_is_lost_or_loops_whatever_authors_change(client: Client) -> None:
    """Random essays exchange slugs, become drafts, are scheduled and are published again."""
    random = Random(6)
    now = timezone.now()
    essays = [make.essay(slug=f"x{number}") for number in range(3)]
    read: dict[str, int] = {}
    for step in range(48):
        essay = Essay.objects.get(pk=random.choice(essays).pk)
        match random.randrange(4):
            case 0:
                free = [s for s in ("x0", "x1", "x2", "x3") if not Essay.objects.filter(slug=s).exists()]
                essay.slug = random.choice(free)
            case 1:
                essay.published = None
            case 2:
                essay.published = now + timedelta(days=random.randrange(1, 9))
            case 3:
                essay.published = now - timedelta(days=random.randrange(9))
        actions.save(essay)
        if essay.is_published:
            read[essay.get_absolute_url()] = essay.pk
        for address, number in read.items() if step % 6 == 5 else ():
            answer = client.get(address)
            target = Essay.objects.get(pk=number)
            if answer.status_code == 301:
                answer = client.get(answer.headers["Location"])
            assert answer.status_code == (200 if target.is_published else 404), address
            if target.is_published:
                assert Page(answer).only("h1").text == target.title


def test_a_scheduled_or_unpublished_essay_leaves_no_redirect() -> None:
    for when in (None, timezone.now() + timedelta(days=1)):
        essay = make.essay(slug="quiet", published=when)
        renamed(essay, "louder")
        renamed(essay, "quiet")
        Essay.objects.get(pk=essay.pk).delete()
    assert not Redirect.objects.exists()


def test_a_draft_takes_no_address_from_a_published_essay(client: Client) -> None:
    essay = make.essay(slug="a")
    old = essay.get_absolute_url()
    renamed(essay, "b")
    make.essay(slug="a", published=timezone.now() + timedelta(hours=1))
    assert client.get(old).status_code == 301


def test_a_withdrawn_essay_returns_to_its_address(client: Client) -> None:
    essay = make.essay(published=datetime(2026, 3, 1, 12, tzinfo=UTC))
    address = essay.get_absolute_url()
    revisions.unpublish_latest(essay, by=make.owner())
    assert client.get(address).status_code == 404
    assert essay.title not in client.get("/").content.decode()
    revisions.publish_latest(essay, by=make.owner())
    assert Essay.objects.get().get_absolute_url() == address
    assert client.get(address).status_code == 200


def test_times_use_the_authors_time_zone_and_addresses_the_sites(author: User) -> None:
    make.site(time_zone="Europe/Berlin")
    Profile.objects.create(user=author, time_zone="Asia/Tokyo")
    desk = client_of(author)
    assert desk.post(f"{ESSAYS}add/", fields()).status_code == 302
    take_step(desk, Essay.objects.get(), when="at", date="2126-11-20", time="03:00")
    essay = Essay.objects.get()
    assert essay.published == datetime(2126, 11, 19, 18, tzinfo=UTC)
    assert essay.get_absolute_url().startswith("/2126/11/19/")
    page = Page(desk.get(step_url(essay)))
    values = [page.by_id(f"publish_{name}").get("value") for name in ("date", "time")]
    assert values == ["2126-11-20", "03:00"]
    assert "Asia/Tokyo" in page.text
    other = Page(client_of(make.owner()).get(step_url(essay)))
    assert other.by_id("publish_time").get("value") == "19:00"
    assert "Europe/Berlin" in other.text


def test_autosaves_revisions_and_the_desk_use_the_authors_time_zone(author: User) -> None:
    with time_machine.travel(datetime(2026, 3, 2, 20, 30, tzinfo=UTC), tick=False):
        form = EssayForm(author)
        form.open()
        form.save(title="On Clocks")
        Profile.objects.create(user=author, time_zone="Asia/Tokyo")
        form.open()
        assert form.autosave(body="<p>More.</p>").json()["time"] == "05:30"
        assert "3 March" in form.client.get(form.url_of("revisions")).content.decode()
        assert "Tuesday, 3 March" in form.client.get("/admin/").content.decode()


def chosen(desk: Client, action: str, *essays: Essay) -> Any:
    return desk.post(ESSAYS, {"action": action, "_selected_action": [essay.pk for essay in essays]}, follow=True)


def test_several_essays_are_published_or_withdrawn_from_the_list(author: User) -> None:
    desk = client_of(author)
    essays = [make.essay(by=author, published=None) for _ in range(2)]
    assert "2 essays published." in Page(chosen(desk, "publish_now", *essays)).text
    assert Essay.objects.published().count() == 2
    assert "1 essay unpublished." in Page(chosen(desk, "unpublish", essays[0])).text
    assert Essay.objects.published().get() == essays[1]


def test_the_list_says_which_essays_are_published_or_drafts_already(author: User) -> None:
    desk = client_of(author)
    published, draft = make.essay(by=author), make.essay(by=author, published=None)
    words = Page(chosen(desk, "publish_now", published)).text
    assert "1 essay is already published." in words
    assert "0 essays" not in words
    assert "open the essay and choose “Update”" not in words
    words = Page(chosen(desk, "unpublish", draft)).text
    assert "1 essay is already a draft." in words
    assert "0 essays" not in words
    form = EssayForm(author, published)
    form.open()
    form.save(body="<p>Another text.</p>")
    words = Page(chosen(desk, "publish_now", published, draft)).text
    assert "1 essay is already published. To publish changes, open the essay and choose “Update”." in words
    assert "1 essay published." in words


def history(essay: Essay) -> list[tuple[str, str]]:
    return [(row.kind, str(row.author)) for row in essay.revisions.order_by("pk").select_related("author")]


def test_the_list_publishes_as_the_form_does(author: User) -> None:
    """The newest text, with a revision, and only essays with something for readers."""
    essay_form = EssayForm(author, make.essay(by=author, published=None))
    essay_form.open()
    essay_form.save(title="Whole", body="<p>Newest.</p>")
    waits = make.essay("Waits", by=author, published=timezone.now() + timedelta(days=3))
    empty = make.essay("Empty", by=author, published=None, body="<p></p>")
    nameless = make.essay("Nameless", by=author, published=None)
    Essay.objects.filter(pk=nameless.pk).update(title="")
    whole = Essay.objects.get(title="Whole")
    page = Page(chosen(client_of(author), "publish_now", whole, waits, empty, nameless)).text
    assert "2 essays published." in page
    assert "Empty : Not published. Write some text before you publish." in page
    assert "(no title) : Not published. Add a title before you publish." in page
    assert set(Essay.objects.published()) == {whole, waits}
    assert "Newest." in public_page(Essay.objects.get(pk=whole.pk))
    assert history(whole)[-1] == ("publish", "Miriam Achterberg")
    assert history(waits)[-1] == ("publish", "Miriam Achterberg")
    assert not history(empty)


@pytest.mark.parametrize("way", ["form", "list"])
@pytest.mark.parametrize("is_out", [True, False], ids=["out", "waiting"])
def test_a_published_or_scheduled_essay_becomes_a_draft_with_its_newest_text(
    way: str, is_out: bool, author: User, client: Client
) -> None:
    published = timezone.now() + timedelta(days=-1 if is_out else 1)
    essay = make.essay("Hasty", by=author, published=published, body="<p>As readers have it.</p>")
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body="<p>Not yet for readers.</p>")
    if way == "form":
        assert ("Unpublish" if is_out else "Unschedule") in essay_form.open_html()
        essay_form.send("_unpublish")
    else:
        chosen(essay_form.client, "unpublish", essay)
    essay.refresh_from_db()
    assert (essay.published, essay.body) == (None, "<p>Not yet for readers.</p>")
    assert history(essay)[-1] == ("draft", "Miriam Achterberg")
    assert client.get(essay.get_absolute_url()).status_code == 404
    assert Redirect.objects.exists() == is_out  # its address is kept for it
    assert "Not yet for readers." in essay_form.open_html()
    essay_form.publish()
    assert "Not yet for readers." in public_page(Essay.objects.get())


def test_saving_a_scheduled_essay_says_what_will_appear(author: User) -> None:
    essay = make.essay("Soon", by=author, published=timezone.now() + timedelta(days=1))
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body="<p>Half a sentence</p>")
    assert "include them in the scheduled version" in essay_form.open_html()
    essay.refresh_from_db()
    assert essay.body == "<p>What I think.</p>"


def test_a_pinned_essay_comes_first_and_is_labeled(client: Client, author: User) -> None:
    old = make.essay("Old", by=author, published=timezone.now() - timedelta(days=9))
    make.essay("New")
    chosen(client_of(author), "pin", old)
    assert not Essay.objects.filter(is_pinned=True).exists()  # only editors pin essays
    chosen(client_of(make.editor()), "pin", old)
    page = Page(client.get("/"))
    assert [("".join(heading.itertext())) for heading in page.all("h2")] == ["Old", "New"]
    assert "pinned" in page.text
    assert "pinned" not in Page(client.get("/author/miriam/")).text
    assert client.get("/feed/").content.decode().index("New") < client.get("/feed/").content.decode().index("Old")
    chosen(client_of(make.editor()), "unpin", old)
    assert [("".join(heading.itertext())) for heading in Page(client.get("/")).all("h2")] == ["New", "Old"]


def test_the_list_of_time_zones_contains_the_current_one(author: User) -> None:
    make.site(time_zone="Europe/Berlin")
    profile = Profile.objects.create(user=author, time_zone="EST5EDT")
    desk = client_of(author)
    address = f"/admin/blog/profile/{profile.pk}/change/"
    page = Page(desk.get(address))
    offered = [option.get("value") for option in page.by_id("id_time_zone").iter("option")]
    assert offered[:3] == ["", "UTC", "EST5EDT"]
    assert {"Asia/Tokyo", "America/Argentina/Ushuaia"} < {*offered}
    assert "Site time zone: Europe/Berlin" in page.text
    for zone in ("Asia/Kolkata", ""):
        assert desk.post(address, {"about": "", "links": "", "time_zone": zone}).status_code == 302
        profile.refresh_from_db()
        assert profile.time_zone == zone
    desk.post(f"{ESSAYS}add/", fields())
    take_step(desk, Essay.objects.get(), when="at", date="2126-11-20", time="03:00")
    said = desk.get(ESSAYS)
    assert "Scheduled for 20 November 2126, 03:00 (Europe/Berlin)." in Page(said).text


def dates_of_feeds(client: Client) -> list[str]:
    found = [client.get(address).content.decode() for address in ("/sitemap.xml", "/feed/", "/feed/atom/")]
    return re.findall(r"<(?:lastmod|lastBuildDate|updated)>([^<]+)<", "".join(found))


def test_dates_of_sitemap_and_feeds_follow_only_what_readers_see(author: User, client: Client) -> None:
    start = datetime(2026, 3, 2, 20, 30, tzinfo=UTC)
    with time_machine.travel(start, tick=False) as clock:
        form = EssayForm(author, make.essay("Dated", by=author, published=start))
        form.open()
        dates = dates_of_feeds(client)
        assert len(dates) >= 3
        clock.shift(timedelta(minutes=10))
        assert form.save(body="<p>Not public yet.</p>").status_code == 302
        essay = Essay.objects.get()
        restored = {"revision": essay.revisions.earliest("pk").pk}
        assert form.client.post(form.url_of("restore"), restored).status_code == 302
        assert dates_of_feeds(client) == dates
        for change in ({"language": "de"}, {"authorships-0-position": "2"}, {"body": "<p>Public.</p>"}):
            clock.shift(timedelta(minutes=10))
            form.open()
            is_text = "body" in change
            form.send("_publish" if is_text else "_draft", **change)
            if is_text:
                form.take_step()
            assert set(dates_of_feeds(client)).isdisjoint(dates), change
            dates = dates_of_feeds(client)
