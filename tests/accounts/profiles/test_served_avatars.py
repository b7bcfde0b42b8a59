"""Avatars are served from our own storage, shown immediately, and deleted when unused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Locator, expect
from pytest_django.plugin import DjangoDbBlocker

from accounts import jobs
from accounts.models import Commenter
from accounts.profiles import avatars
from demo.identity_provider.pictures import SVG, photo_with_metadata
from pagecache.wsgi import PageCache
from tests import make
from tests.accounts.avatar_files import HOST, OWN, create_person, files, files_of, image_bytes, upload
from tests.comments.browser_client import Browser
from tests.pagecache.browsing import get_response
from tests.services import provider as demo
from tests.services.chromium import Visitor
from tests.services.web import Server

if TYPE_CHECKING:
    from tests.services.site import Installation
    from tests.services.site import Server as Site

pytestmark = [
    pytest.mark.once,
    pytest.mark.usefixtures("media"),
    pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning"),
]


# On the page


@pytest.mark.django_db
def test_pictures_need_no_query(mara: Commenter) -> None:
    essay = make.essay()
    for number in range(5):
        make.comment(essay, by=Commenter.objects.for_user(make.user(name=f"Person {number}")))
    reader = Browser(headers=HOST)

    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            reader.read(essay)
        return len(counted)

    queries()
    before = queries()
    Commenter.objects.update(picture="b" * 32, changed=timezone.now())
    assert queries() == before + 1  # the text of what is rendered again
    assert queries() == before
    page = reader.read(essay)
    assert len(page.all("img")) == 5


@pytest.fixture
def _own_site(installation: "Installation", django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A separate installation, with real commits."""
    with django_db_blocker.unblock(), installation.connected():
        yield


@pytest.mark.usefixtures("_own_site")
def test_a_cached_page_shows_the_new_picture_immediately(picture_server: Server) -> None:
    essay = make.essay()
    mara = create_person(f"{picture_server.origin}/mara.png")
    make.comment(essay, by=mara)
    cache = PageCache(get_wsgi_application())

    def shown() -> str:
        return get_response(cache, essay.get_absolute_url()).body.decode()

    assert "<img" not in shown()
    avatars.download.call(mara.pk)
    theirs = files_of(mara)
    assert f"avatars/{mara.picture}-64.webp" in shown()
    assert mara.user is not None
    browser = Browser(mara.user, headers=HOST)
    upload(browser, image_bytes())
    assert f"avatars/{mara.picture}-" not in shown()
    assert files() == theirs | files_of(mara)
    assert f"avatars/{mara.picture}-64.webp" in shown()
    browser.post(OWN, {"remove": "1"})
    assert "<img" not in shown()
    assert files() == theirs
    cache.close()


@pytest.mark.django_db
def test_unused_files_are_deleted_after_a_day(mara_browser: Browser, mara: Commenter) -> None:
    jobs.delete_unused_avatars.call()
    upload(mara_browser, image_bytes())
    default_storage.save(f"avatars/{'c' * 32}-64.webp", ContentFile(b"left by a worker that died"))
    jobs.delete_unused_avatars.call()
    assert len(files()) == 4  # a page may still link to it
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        jobs.delete_unused_avatars.call()
    assert files() == files_of(mara)


# In a browser


BROUGHT = """async (row) => {
  while (!(await (await fetch(row)).text()).includes("/media/avatars/")) await new Promise((next) => setTimeout(next, 100));
}"""


def is_drawn(face: Locator) -> None:
    """Expect the picture itself and not only its box."""
    face.scroll_into_view_if_needed()
    expect(face).to_have_js_property("complete", True)
    expect(face).not_to_have_js_property("naturalWidth", 0)


def test_a_browser_requests_pictures_only_from_this_site(visitor: Visitor, site: "Site") -> None:
    make.rules(hold_first_comment=False)
    essay = make.essay("Of Faces")
    page = visitor.open(site.url + essay.get_absolute_url())
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Log in with X (Twitter)").click()
    demo.allow(opened.value, "Kofi Asante")
    expect(page.locator(".you .face")).to_be_visible()
    page.evaluate(BROUGHT, f"{essay.get_absolute_url()}identity/")
    page.reload()
    is_drawn(page.locator(".you img.face"))
    visitor.check_accessibility(page)
    page.get_by_role("textbox", name="Comment").fill("A face at last.")
    page.get_by_role("button", name="Post Comment").click()
    is_drawn(page.locator("li.comment .head img.face"))
    stranger = visitor.open(page.url)
    is_drawn(stranger.locator("li.comment .head img.face"))
    theirs = stranger.locator("img.face").get_attribute("src") or ""

    page.goto(site.url + OWN)
    visitor.check_accessibility(page)
    field = page.get_by_label("New picture")
    field.set_input_files({"name": "me.svg", "mimeType": "image/svg+xml", "buffer": SVG})
    page.get_by_role("button", name="Upload").click()
    expect(field).to_be_focused()
    expect(page.locator(".wrong")).to_contain_text("can’t be opened as a picture")
    visitor.check_accessibility(page)
    field.set_input_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo_with_metadata(1000)})
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("status")).to_have_text("Picture changed.")
    is_drawn(page.locator(".you img.face"))
    stranger.reload()
    is_drawn(stranger.locator("li.comment .head img.face"))
    assert stranger.locator("img.face").get_attribute("src") != theirs
    page.get_by_role("button", name="Remove picture").click()
    expect(page.get_by_role("status")).to_have_text("Picture removed.")
    page.evaluate(BROUGHT, f"{essay.get_absolute_url()}identity/")
    page.reload()
    expect(page.locator(".you")).to_contain_text("This picture is from your account X: @kofi_asante.")
