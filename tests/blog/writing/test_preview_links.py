"""Previews of an essay before publication: for its author, and by a secret link for others."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from blog.models import Essay, PreviewLink, Tag
from server.logs import JsonFormatter, TextFormatter
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def essay() -> Essay:
    return make.essay("Not Yet", published=None, body="<p>Stored.</p>")


@pytest.fixture
def essay_form(essay: Essay) -> EssayForm:
    user = make.author("miriam", name="Miriam Achterberg")
    essay.authorships.create(author=user)
    essay_form = EssayForm(user, essay)
    essay_form.open()
    return essay_form


@pytest.fixture
def friend() -> Client:
    return Client(headers={"host": "127.0.0.1"})


def link(essay_form: EssayForm, **fields: str) -> str:
    assert essay_form.client.post(essay_form.url_of("links"), fields).status_code == 302
    return f"/preview/{PreviewLink.objects.latest('pk').token}/"


def test_the_link_shows_the_newest_text_without_an_account(essay_form: EssayForm, friend: Client, essay: Essay) -> None:
    make.comment(make.essay("Other"))
    address = link(essay_form)
    essay_form.autosave(tab="a", number="1", title="Typed Title", body="<h2>Part</h2><p>Typed, not saved.</p>")
    answer = friend.get(address)
    page = answer.content.decode()
    assert answer.status_code == 200
    for part in ("Typed Title", "Typed, not saved.", "Miriam Achterberg", 'name="robots" content="noindex', "css/site"):
        assert part in page
    for part in ("Leave a Reply", "<form", "canonical", 'id="comments"', "Stored."):
        assert part not in page
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "X-Made-From" not in answer.headers
    assert not {"ETag", "Last-Modified"} & set(answer.headers)
    assert not answer.cookies


def test_the_link_shows_a_published_essays_unpublished_changes(friend: Client) -> None:
    author = make.author("ruth")
    essay = make.essay("Out", by=author, body="<p>Published.</p>")
    make.comment(essay, "A reader's words")
    essay_form = EssayForm(author, essay)
    essay_form.open()
    essay_form.save(body="<p>Waiting.</p>")
    page = friend.get(link(essay_form)).content.decode()
    assert "Waiting." in page
    assert "A reader" not in page


def test_a_link_expires_or_can_be_revoked(essay_form: EssayForm, friend: Client) -> None:
    address, other = link(essay_form), link(essay_form, days="30")
    first, second = PreviewLink.objects.order_by("pk")
    assert first.expires - timezone.now() < timedelta(days=7)
    assert (
        f'value="http://127.0.0.1:8000{address}"' in essay_form.client.get(essay_form.url_of("links")).content.decode()
    )
    essay_form.client.post(essay_form.url_of("links"), {"withdraw": second.pk})
    assert friend.get(other).status_code == 404
    PreviewLink.objects.filter(pk=first.pk).update(expires=timezone.now())
    gone = friend.get(address)
    assert gone.status_code == 404
    assert "Ask the author for a new one." in gone.content.decode()
    assert address not in essay_form.client.get(essay_form.url_of("links")).content.decode()
    assert friend.get("/preview/guessed/").status_code == 404


def test_the_author_previews_the_form_and_nothing_is_saved(essay_form: EssayForm, essay: Essay) -> None:
    tag = Tag.objects.ensure("Promises")
    answer = essay_form.client.post(
        essay_form.url_of("preview"),
        {**essay_form.values, "body": "<p>In the form.</p><script>x</script>", "tags": tag.name},
    )
    page = answer.content.decode()
    assert "In the form." in page
    assert "<script>x" not in page
    assert "Promises" in page
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    essay.refresh_from_db()
    assert essay.body == "<p>Stored.</p>"
    assert not essay.tags.exists()
    assert "Stored." in essay_form.client.get(essay_form.url_of("preview")).content.decode()


def test_new_essays_and_pages_can_be_previewed_before_saving(essay_form: EssayForm) -> None:
    new = EssayForm(User.objects.get(username="miriam"))
    new.open()
    for kind in ("essay", "page"):
        sent = {**new.values, "kind": kind, "title": "Fresh", "body": "<p>Words.</p>"}
        page = new.client.post(new.url_of("preview"), sent).content.decode()
        assert "Fresh" in page
        assert "Words." in page
    assert not Essay.objects.filter(title="Fresh").exists()


def test_the_log_does_not_contain_the_link() -> None:
    record = logging.LogRecord("django", 30, "", 0, "Not Found: %s", ("/preview/s3cret-T0ken_x/?a=1",), None)
    assert TextFormatter().format(record).endswith(" django: Not Found: /preview/…/?a=1")
    assert json.loads(JsonFormatter().format(record))["message"] == "Not Found: /preview/…/?a=1"
