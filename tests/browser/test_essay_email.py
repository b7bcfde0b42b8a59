"""The email of a new essay in windows of a phone, a pane and a desktop: nothing is wider, with pictures or without."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Route

from blog.models import Image
from comments import jobs
from comments.models import Address, Subscription
from tests import make
from tests.blog.hostile_pictures import plain
from tests.blog.strange_essay import PIXEL, strange_essay
from tests.browser.layout import parts_too_wide
from tests.services.chromium import Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


@pytest.fixture
def html(db: None) -> str:
    """The HTML of the email about an essay with everything that is hard to show."""
    now = timezone.now()
    Image.objects.create(file="images/2026/12/wide.png", width=2400, height=1200)
    address = Address.objects.create(email="rosa@example.org", verified=now)
    Subscription.objects.create(address=address, kind="essays", confirmed=now - timedelta(hours=3))
    author = make.author(name="Miriam Achterberg")
    published = now - timedelta(hours=1)
    make.announce(make.essay("Of Letters", by=author, body=strange_essay(), published=published, deck="A subtitle"))
    jobs.send_due.call()
    (message,) = [each for each in mail.outbox if each.to == ["rosa@example.org"]]
    return str(message.alternatives[0][0])  # type: ignore[attr-defined]


@pytest.mark.parametrize("has_pictures", [True, False], ids=["pictures", "no-pictures"])
def test_nothing_in_the_email_is_wider_than_the_window(visitor: Visitor, html: str, has_pictures: bool) -> None:
    picture = plain("PNG", 2400, 1200)

    def answer(route: Route) -> None:
        if not route.request.url.endswith(PIXEL):
            route.fulfill(body=html, content_type="text/html")
        else:
            route.fulfill(body=picture if has_pictures else b"", content_type="image/png")

    page = visitor.open(alone=True)
    page.route("**/*", answer)
    page.goto("http://127.0.0.1/email")
    for width in (390, 600, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert parts_too_wide(page) == []
        shown = page.locator("img").evaluate_all("all => all.map((each) => each.getBoundingClientRect().width)")
        assert not has_pictures or shown == [min(width - 40, 600)] * 2
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert visitor.accessibility_violations(page, again=True) == {}
