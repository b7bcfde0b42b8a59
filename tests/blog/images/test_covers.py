"""Covers of essays: chosen in the form, shown in lists if the owner chooses so, and not deleted while they are used."""

import io
import re
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image as Pillow
from pytest_django import Settings

from accounts.models import User
from blog.images import renditions, uploads, usage
from blog.models import Essay, Image, Profile
from tests import make
from tests.blog.essay_forms import EssayForm

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _media(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def author() -> User:
    return make.author("miriam")


def picture(width: int, height: int, by: User, alt: str = "A hill") -> Image:
    out = io.BytesIO()
    Pillow.radial_gradient("L").resize((width, height)).save(out, "JPEG", quality=95)
    return uploads.store(out.getvalue(), alt=alt, by=by)


def test_an_author_chooses_a_cover_which_stays_when_the_text_changes(author: User) -> None:
    large, small = picture(900, 500, author), picture(599, 500, author)
    essay = make.essay("Whose Promise", by=author, excerpt="On a word.")
    form = EssayForm(author, essay)
    form.open()
    for number, message in ((small.pk, "at least 600 pixels wide"), ("x", "doesn’t exist")):
        refused = form.save(cover=number)
        assert (refused.status_code, message in refused.content.decode()) == (422, True)
        assert f'name="cover" value="{number}"' in refused.content.decode()
    assert form.save(cover=large.pk).status_code == 302
    form.open()
    assert form.publish(body="<p>Another text.</p>").status_code == 302
    essay.refresh_from_db()
    assert (essay.cover, essay.body) == (large, "<p>Another text.</p>")
    Essay.objects.update(cover=small)  # by an import
    form.open()
    assert form.save().status_code == 302
    form.open()
    assert form.save(cover="").status_code == 302
    assert not Essay.objects.exclude(cover=None).exists()


def test_a_cover_cannot_be_deleted_as_unused(author: User) -> None:
    cover = picture(900, 500, author)
    essay = make.essay("Whose Promise", by=author, cover=cover)
    assert [use.text for use in usage.find_uses(cover)] == ["cover picture of “Whose Promise”"]
    client = EssayForm(author, essay).client
    assert client.post(f"/admin/blog/image/{cover.pk}/delete/", {"post": "yes"}).status_code == 403
    cover.delete()
    assert Essay.objects.get().cover is None


def test_lists_show_covers_only_if_the_owner_chooses_so(author: User) -> None:
    cover = picture(900, 600, author)
    renditions.render.func(cover.pk)
    make.essay("With", by=author, cover=cover)
    make.essay("Without", by=author)
    assert "<picture" not in Client().get("/").content.decode()
    make.site(show_covers=True)
    for path in ("/", "/author/miriam/"):
        page = Client().get(path).content.decode()
        [shown] = re.findall(r"<picture.*?</picture>", page, re.DOTALL)
        assert re.findall(r'srcset="[^"]* 480w, [^"]* 900w"', shown)
        assert all(part in shown for part in ('loading="lazy"', 'width="900" height="600"', 'alt="A hill"'))


@pytest.mark.parametrize("typed", ["@mira@Social.example", "mira@social.example", "https://social.example/@mira"])
def test_a_fediverse_handle_is_stored_in_one_form(author: User, typed: str) -> None:
    client = EssayForm(author).client
    profile = Profile.objects.create(user=author)
    address = f"/admin/blog/profile/{profile.pk}/change/"
    assert client.post(address, {"fediverse": typed}).status_code == 302
    refused = client.post(address, {"fediverse": "mira"})
    assert "Enter a handle with its server, such as @name@mastodon.social." in refused.content.decode()
    assert Profile.objects.get().fediverse == "@mira@social.example"
