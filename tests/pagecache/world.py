"""A site with something of everything, whose pages are cached: tests change it and read it again.

After each change every page must be what Django would render now. By default a test checks the home page, both essays,
the addresses that it names and a few others in turn; with --all it checks every address.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import time_machine
from django.core.wsgi import get_wsgi_application
from django.db import models
from django.urls import reverse

from accounts.models import Commenter
from blog.models import Essay, Site, Tag
from comments.models import Rules
from pagecache.wsgi import PageCache
from tests import caches, make
from tests.blog.essay_forms import form_values, take_step, without_rendering
from tests.comments.browser_client import Browser, Page
from tests.conftest import RUNS_ALL
from tests.pagecache.browsing import Response, get_response

HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}
HAS_FRAME = re.compile(r"/(\d{4}/|about/)")


class CachedSite:
    """A site with something of everything, and a visitor who reads it through the cache."""

    def __init__(self) -> None:
        make.rules(hold_first_comment=False, threads_a_page=2)
        make.site(name="Rejoinder", tagline="Essays")
        self.owner = make.owner("owner")
        self.author = make.author("miriam", name="Miriam Achterberg")
        self.reader = make.user("reader", name="Rosa Castellanos")
        self.tag = Tag.objects.create(name="Promises", slug="promises", description="On keeping them.")
        self.about = make.essay("About", by=self.author, kind="page", is_in_menu=True)
        self.essay = make.essay("Whose Promise Is It?", by=self.author, deck="On a word", body="<p>In the spring.</p>")
        self.other_essay = make.essay("The Unpayable Dinner", by=self.author)
        for essay in (self.essay, self.other_essay):
            essay.tags.add(self.tag)
        self.root = make.comment(self.essay, "The first.", by=Commenter.objects.for_user(self.reader))
        self.reply = make.comment(self.essay, "The second.", to=self.root)
        self.deep_reply = make.comment(self.essay, "The third.", to=self.reply, by=make.guest("Tobias Fenn"))
        for _ in range(2):
            make.comment(self.essay)
        self.pending = make.comment(self.essay, "It waits.", status="pending")
        self.admin = Browser(self.owner, headers=HOST)
        self.application = get_wsgi_application()
        self.rendered = 0
        self.cache = PageCache(self.count_renderings)
        path = self.essay.get_absolute_url()
        self.addresses = [
            "/", path, f"{path}feed/", self.other_essay.get_absolute_url(), "/about/", "/archive/", "/tag/promises/", "/author/miriam/",
            "/feed/atom/", "/comments/feed/", "/sitemap.xml", "/sitemap-essays.xml", "/sitemap-tags.xml",
        ]  # fmt: skip
        self.thread_pages = [f"{path}?cpage=2", f"{path}?by=author"]
        self.all_addresses = self.addresses + self.thread_pages * RUNS_ALL
        self.test_number = 0

    def addresses_for(self, test: str) -> list[str]:
        """Return the addresses to check for a test with this source."""
        if RUNS_ALL:
            return self.all_addresses.copy()
        self.test_number += 1
        always = {"/", self.essay.get_absolute_url(), self.other_essay.get_absolute_url()}
        always |= {address for address in self.all_addresses if f'"{address}"' in test}
        others = [address for address in self.all_addresses if address not in always]
        return [
            address
            for address in self.all_addresses
            if address in always or address in others[self.test_number % 4 :: 4]
        ]

    def count_renderings(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.rendered += 1
        return self.application(environ, start_response)

    def read(self, address: str | Essay) -> str:
        """Return the HTML that a visitor gets at an address."""
        return self.get(address if isinstance(address, str) else address.get_absolute_url()).body.decode()

    def get(self, address: str) -> Response:
        return get_response(self.cache, address)

    def fill_cache(self) -> None:
        """Read every page until it comes from the cache: at the latest from the third time on."""
        for address in self.addresses:
            if self.get(address).status == 200:
                cached = self.get(address).body
                rendered = self.rendered
                assert self.get(address).body == cached
                assert self.rendered == rendered, f"{address} is not kept"

    def check_pages(self) -> None:
        """Check that every address shows what Django would render now."""
        for address in self.addresses:
            rendered = self.rendered
            cached = self.get(address)
            if self.rendered > rendered and not HAS_FRAME.match(address):
                continue  # rendered just now, all of it
            caches.clear()
            fresh = get_response(self.application, address)
            if (cached.status, cached.body) != (fresh.status, fresh.body):
                self.cache = PageCache(self.count_renderings)  # so that a stale page fails one test only
            assert (cached.status, cached.body.decode()) == (fresh.status, fresh.body.decode()), address

    def change(self, row: models.Model, **fields: Any) -> None:
        """Submit the row's form in the admin; None empties a field, fields not named stay unchanged.

        A changed text of an essay is published.
        """
        self.submit(type(row), row.pk, **fields)
        if isinstance(row, Essay) and fields.keys() & {"title", "deck", "body", "excerpt", "slug", "tags"}:
            self.publish(row)
        row.refresh_from_db()

    def publish(self, essay: Essay, **chosen: Any) -> None:
        """Publish an essay by the publishing step, with these choices."""
        assert take_step(self.admin, essay, **chosen).status_code == 302
        essay.refresh_from_db()

    def add(self, model: type[models.Model], **fields: Any) -> Any:
        self.submit(model, **fields)
        return model._default_manager.latest("pk")

    def submit(self, model: type[models.Model], *pk: int, **fields: Any) -> None:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{'change' if pk else 'add'}"
        address = reverse(name, args=pk)
        with without_rendering():
            values = form_values(self.admin.get(address))
        for name, value in fields.items():
            if value is None or value is False:
                values.pop(name, None)
            else:
                values[name] = value
        response = self.admin.post(address, values | {"_save": "Save"})
        assert response.status_code == 302, [
            "".join(error.itertext()) for error in Page(response).all("ul[@class='errorlist']")
        ]

    def delete(self, row: models.Model) -> None:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_delete"
        assert self.admin.post(reverse(name, args=[row.pk]), {"post": "yes"}).status_code == 302

    def delete_in_list(self, row: models.Model) -> None:
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_changelist"
        data = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        assert self.admin.post(reverse(name), data).status_code == 302
        assert not type(row)._default_manager.filter(pk=row.pk).exists()


@contextmanager
def travel_to(time: datetime) -> Iterator[None]:
    with time_machine.travel(time):
        yield


def site() -> Site:
    return Site.objects.get()


def rules() -> Rules:
    return Rules.objects.get()
