"""A site with something of everything, its pages kept by one cache: for tests that change it and read it again.

After each change every address must say just what Django says; unless all is run, every address that the test names,
the front page and both essays, and a few of the others in turn.
"""

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
from tests import make
from tests.blog.writing import as_filled, undrawn
from tests.comments.door import Browser, Page
from tests.conftest import RUNS_ALL
from tests.pagecache.browsing import Answer, ask

HOST = {"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin"}


class World:
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
        self.other = make.essay("The Unpayable Dinner", by=self.author)
        for essay in (self.essay, self.other):
            essay.tags.add(self.tag)
        self.root = make.comment(self.essay, "The first.", by=Commenter.objects.for_user(self.reader))
        self.reply = make.comment(self.essay, "The second.", to=self.root)
        self.deep = make.comment(self.essay, "The third.", to=self.reply, by=make.guest("Tobias Fenn"))
        for _ in range(2):
            make.comment(self.essay)
        self.waiting = make.comment(self.essay, "It waits.", status="pending")
        self.admin = Browser(self.owner, headers=HOST)
        self.application = get_wsgi_application()
        self.drawn = 0
        self.cache = PageCache(self.counted)
        here = self.essay.get_absolute_url()
        self.addresses = [
            "/", here, f"{here}feed/", self.other.get_absolute_url(), "/about/", "/archive/", "/tag/promises/", "/author/miriam/",
            "/feed/atom/", "/comments/feed/", "/sitemap.xml", "/sitemap-essays.xml", "/sitemap-tags.xml",
        ]  # fmt: skip
        self.parts = [f"{here}?cpage=2", f"{here}?by=author"]
        self.everywhere = self.addresses + self.parts * RUNS_ALL
        self.turn = 0

    def addresses_for(self, test: str) -> list[str]:
        """Where the test with this source looks."""
        if RUNS_ALL:
            return self.everywhere.copy()
        self.turn += 1
        always = {"/", self.essay.get_absolute_url(), self.other.get_absolute_url()}
        always |= {address for address in self.everywhere if f'"{address}"' in test}
        others = [address for address in self.everywhere if address not in always]
        return [address for address in self.everywhere if address in always or address in others[self.turn % 4 :: 4]]

    def counted(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.drawn += 1
        return self.application(environ, start_response)

    def read(self, address: str | Essay) -> str:
        """Return what the visitor is shown at an address."""
        return self.answer(address if isinstance(address, str) else address.get_absolute_url()).body.decode()

    def answer(self, address: str) -> Answer:
        return ask(self.cache, address)

    def keep_everything(self) -> None:
        """Every page is read until the cache answers for it alone: at the third time, where there was none before."""
        for address in self.addresses:
            if self.answer(address).status == 200:
                shown = self.answer(address).body
                drawn = self.drawn
                assert self.answer(address).body == shown
                assert self.drawn == drawn, f"{address} is not kept"

    def agree(self) -> None:
        """Check that every address shows what Django would render now."""
        for address in self.addresses:
            drawn = self.drawn
            shown = self.answer(address)
            if self.drawn > drawn:
                continue
            fresh = ask(self.application, address)
            if (shown.status, shown.body) != (fresh.status, fresh.body):
                self.cache = PageCache(self.counted)  # an old page that one test found is no fault of the next one's
            assert (shown.status, shown.body.decode()) == (fresh.status, fresh.body.decode()), address

    def change(self, thing: models.Model, **fields: Any) -> None:
        """By its form in the admin; a None empties a field, fields not named stay as they are."""
        self.submit(type(thing), thing.pk, **fields)
        thing.refresh_from_db()

    def add(self, model: type[models.Model], **fields: Any) -> Any:
        self.submit(model, **fields)
        return model._default_manager.latest("pk")

    def submit(self, model: type[models.Model], *pk: int, **fields: Any) -> None:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{'change' if pk else 'add'}"
        address = reverse(name, args=pk)
        with undrawn():
            filled = as_filled(self.admin.get(address))
        for name, value in fields.items():
            if value is None or value is False:
                filled.pop(name, None)
            else:
                filled[name] = value
        answer = self.admin.post(address, filled | {"_save": "Save"})
        assert answer.status_code == 302, [
            "".join(error.itertext()) for error in Page(answer).all("ul[@class='errorlist']")
        ]

    def delete(self, thing: models.Model) -> None:
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_delete"
        assert self.admin.post(reverse(name, args=[thing.pk]), {"post": "yes"}).status_code == 302

    def delete_in_the_list(self, thing: models.Model) -> None:
        name = f"admin:{thing._meta.app_label}_{thing._meta.model_name}_changelist"
        sent = {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
        assert self.admin.post(reverse(name), sent).status_code == 302
        assert not type(thing)._default_manager.filter(pk=thing.pk).exists()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with time_machine.travel(moment):
        yield


def site() -> Site:
    return Site.objects.get()


def rules() -> Rules:
    return Rules.objects.get()
