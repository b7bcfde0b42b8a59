"""Who may open and submit what in writing: one table of every address and every role.

A new address without lines here fails the first test, which prints the lines for its current behavior: check them,
and if they are right, add them to the table.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from blog.images import uploads
from blog.models import Essay, Profile, Redirect, Series, Site, Tag
from blog.writing import preview
from tests import make, rights
from tests.blog.essay_forms import EssayForm
from tests.blog.hostile_pictures import plain
from tests.rights import Table, addresses, database_contents, full_text, recorded_writes, response_status

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# `author` wrote it, `other` is another author. `login`: redirected to the login page; `302`: redirected elsewhere, in
# the admin with "doesn't exist". Forms are sent empty. world() below creates the objects in brackets.
TABLE = Table("""
                                                nobody guest person author other editor moderator owner
GET  admin:blog_essay_add                       login  login login  200    200   200    403       200
POST admin:blog_essay_add                       login  login login  422    422   422    403       422
GET  admin:blog_essay_change(essay)             login  login login  200    403   200    302       200
POST admin:blog_essay_change(essay)             login  login login  422    403   422    403       422
GET  admin:blog_essay_change(live)              login  login login  200    403   200    200       200
POST admin:blog_essay_change(live)              login  login login  422    403   422    403       422
GET  admin:blog_essay_changelist                login  login login  200    200   200    200       200
POST admin:blog_essay_changelist                login  login login  200    200   200    200       200
GET  admin:blog_essay_delete(essay)             login  login login  200    403   200    403       200
POST admin:blog_essay_delete(essay)             login  login login  200    403   200    403       200
GET  admin:blog_essay_delete(live)              login  login login  200    403   200    403       200
POST admin:blog_essay_delete(live)              login  login login  200    403   200    403       200
GET  admin:blog_essay_history(essay)            login  login login  200    403   200    302       200
POST admin:blog_essay_history(essay)            login  login login  200    403   200    302       200
GET  admin:blog_image_add                       login  login login  200    200   200    403       200
POST admin:blog_image_add                       login  login login  200    200   200    403       200
GET  admin:blog_image_change(image)             login  login login  200    403   200    403       200
POST admin:blog_image_change(image)             login  login login  302    403   302    403       302
GET  admin:blog_image_changelist                login  login login  200    200   200    403       200
POST admin:blog_image_changelist                login  login login  200    200   200    403       200
GET  admin:blog_image_delete(image)             login  login login  200    403   200    403       200
POST admin:blog_image_delete(image)             login  login login  200    403   200    403       200
GET  admin:blog_image_history(image)            login  login login  200    403   200    403       200
POST admin:blog_image_history(image)            login  login login  200    403   200    403       200
GET  admin:blog_profile_add                     login  login login  403    403   403    403       403
POST admin:blog_profile_add                     login  login login  403    403   403    403       403
GET  admin:blog_profile_change(profile)         login  login login  200    403   200    403       200
POST admin:blog_profile_change(profile)         login  login login  302    403   302    403       302
GET  admin:blog_profile_changelist              login  login login  302    302   302    403       302
POST admin:blog_profile_changelist              login  login login  302    302   302    403       302
GET  admin:blog_profile_delete(profile)         login  login login  403    403   403    403       403
POST admin:blog_profile_delete(profile)         login  login login  403    403   403    403       403
GET  admin:blog_profile_history(profile)        login  login login  200    403   200    403       200
POST admin:blog_profile_history(profile)        login  login login  200    403   200    403       200
GET  admin:blog_redirect_add                    login  login login  403    403   403    403       200
POST admin:blog_redirect_add                    login  login login  403    403   403    403       200
GET  admin:blog_redirect_change(redirect)       login  login login  403    403   200    403       200
POST admin:blog_redirect_change(redirect)       login  login login  403    403   403    403       200
GET  admin:blog_redirect_changelist             login  login login  403    403   200    403       200
POST admin:blog_redirect_changelist             login  login login  403    403   200    403       200
GET  admin:blog_redirect_delete(redirect)       login  login login  403    403   403    403       200
POST admin:blog_redirect_delete(redirect)       login  login login  403    403   403    403       200
GET  admin:blog_redirect_history(redirect)      login  login login  403    403   200    403       200
POST admin:blog_redirect_history(redirect)      login  login login  403    403   200    403       200
GET  admin:blog_series_add                      login  login login  200    200   200    403       200
POST admin:blog_series_add                      login  login login  200    200   200    403       200
GET  admin:blog_series_change(series)           login  login login  200    200   200    403       200
POST admin:blog_series_change(series)           login  login login  200    200   200    403       200
GET  admin:blog_series_changelist               login  login login  200    200   200    403       200
POST admin:blog_series_changelist               login  login login  200    200   200    403       200
GET  admin:blog_series_delete(series)           login  login login  403    403   200    403       200
POST admin:blog_series_delete(series)           login  login login  403    403   200    403       200
GET  admin:blog_series_history(series)          login  login login  200    200   200    403       200
POST admin:blog_series_history(series)          login  login login  200    200   200    403       200
GET  admin:blog_site_add                        login  login login  403    403   403    403       403
POST admin:blog_site_add                        login  login login  403    403   403    403       403
GET  admin:blog_site_change(site)               login  login login  403    403   403    403       200
POST admin:blog_site_change(site)               login  login login  403    403   403    403       200
GET  admin:blog_site_changelist                 login  login login  302    302   302    302       302
POST admin:blog_site_changelist                 login  login login  302    302   302    302       302
GET  admin:blog_site_delete(site)               login  login login  403    403   403    403       403
POST admin:blog_site_delete(site)               login  login login  403    403   403    403       403
GET  admin:blog_site_history(site)              login  login login  403    403   403    403       200
POST admin:blog_site_history(site)              login  login login  403    403   403    403       200
GET  admin:blog_tag_add                         login  login login  200    200   200    403       200
POST admin:blog_tag_add                         login  login login  200    200   200    403       200
GET  admin:blog_tag_change(tag)                 login  login login  200    200   200    403       200
POST admin:blog_tag_change(tag)                 login  login login  200    200   200    403       200
GET  admin:blog_tag_changelist                  login  login login  200    200   200    403       200
POST admin:blog_tag_changelist                  login  login login  200    200   200    403       200
GET  admin:blog_tag_delete(tag)                 login  login login  403    403   200    403       200
POST admin:blog_tag_delete(tag)                 login  login login  403    403   200    403       200
GET  admin:blog_tag_history(tag)                login  login login  200    200   200    403       200
POST admin:blog_tag_history(tag)                login  login login  200    200   200    403       200
GET  admin:essay-check                          login  login login  405    405   405    405       405
POST admin:essay-check                          login  login login  200    200   200    403       200
GET  admin:image-alt(image)                     login  login login  405    405   405    405       405
POST admin:image-alt(image)                     login  login login  200    403   200    403       200
GET  admin:image-find                           login  login login  200    200   200    403       200
POST admin:image-find                           login  login login  405    405   405    405       405
GET  admin:image-upload                         login  login login  405    405   405    405       405
POST admin:image-upload                         login  login login  422    422   422    403       422
GET  clean-paste                                login  login login  405    405   405    405       405
POST clean-paste                                login  login login  200    200   200    403       200
GET  essay-difference(essay)                    login  login login  200    403   200    403       200
POST essay-difference(essay)                    login  login login  405    405   405    405       405
GET  essay-difference(live)                     login  login login  404    403   404    403       404
POST essay-difference(live)                     login  login login  405    405   405    405       405
GET  essay-dismiss-losses(essay)                login  login login  405    405   405    405       405
POST essay-dismiss-losses(essay)                login  login login  204    403   204    403       204
GET  essay-draft(essay)                         login  login login  200    403   302    403       302
POST essay-draft(essay)                         login  login login  200    403   200    403       200
GET  essay-draft(live)                          login  login login  302    403   302    403       302
POST essay-draft(live)                          login  login login  200    403   200    403       200
GET  essay-draft(new)                           login  login login  302    302   302    403       302
POST essay-draft(new)                           login  login login  200    200   200    403       200
GET  essay-links(essay)                         login  login login  200    403   200    403       200
POST essay-links(essay)                         login  login login  302    403   302    403       302
GET  essay-links(live)                          login  login login  200    403   200    403       200
POST essay-links(live)                          login  login login  302    403   302    403       302
GET  essay-logged-in                            login  login login  200    200   200    200       200
POST essay-logged-in                            login  login login  405    405   405    405       405
GET  essay-preview(essay)                       login  login login  200    403   200    403       200
POST essay-preview(essay)                       login  login login  200    403   200    403       200
GET  essay-preview(live)                        login  login login  200    403   200    403       200
POST essay-preview(live)                        login  login login  200    403   200    403       200
GET  essay-preview(new)                         login  login login  404    404   404    403       404
POST essay-preview(new)                         login  login login  200    200   200    403       200
GET  essay-publish(essay)                       login  login login  200    403   200    403       200
POST essay-publish(essay)                       403    403   login  409    403   409    403       409
GET  essay-publish(live)                        login  login login  200    403   200    403       200
POST essay-publish(live)                        403    403   login  409    403   409    403       409
GET  suggest-essays                             login  login login  200    200   200    403       200
POST suggest-essays                             login  login login  405    405   405    405       405
GET  suggest-series                             login  login login  200    200   200    403       200
POST suggest-series                             login  login login  405    405   405    405       405
GET  suggest-tags                               login  login login  200    200   200    403       200
POST suggest-tags                               login  login login  405    405   405    405       405
GET  essay-restore(essay)                       login  login login  405    405   405    405       405
POST essay-restore(essay)                       login  login login  302    403   302    403       302
GET  essay-restore(live)                        login  login login  405    405   405    405       405
POST essay-restore(live)                        login  login login  404    403   404    403       404
GET  essay-revisions(essay)                     login  login login  200    403   200    403       200
POST essay-revisions(essay)                     login  login login  405    405   405    405       405
GET  essay-revisions(live)                      login  login login  200    403   200    403       200
POST essay-revisions(live)                      login  login login  405    405   405    405       405
GET  essay-withdraw(essay)                      login  login login  405    405   405    405       405
POST essay-withdraw(essay)                      login  login login  404    403   404    403       404
GET  essay-withdraw(live)                       login  login login  405    405   405    405       405
POST essay-withdraw(live)                       login  login login  404    403   404    403       404
GET  preview(link)                              200    200   200    200    200   200    200       200
POST preview(link)                              405    405   405    405    405   405    405       405
GET  preview(ended)                             404    404   404    404    404   404    404       404
POST preview(ended)                             405    405   405    405    405   405    405       405
""")
WRITERS = ("author", "other", "editor", "owner")
MAY_READ = {"author", "editor", "owner"}
BY_LINK = {"preview(link)"}
SECRETS = ("not for readers yet", "typed and not saved", "Nobody Knows This")
OF_ADMIN = re.compile(r"admin:blog_")
ROOMS = ("blog.", "transfer.documents")
# Public pages, covered by other tables.
READ = {"blog.cards", "blog.views", "blog.feeds", "blog.sitemaps", "blog.images.media"}
# parameters that name a revision
ASKED = {"essay-difference": "new", "essay-restore": "revision", "essay-withdraw": "revision"}


class World(rights.PermissionTester):
    headers = MappingProxyType({"sec-fetch-site": "same-origin"})
    default_subject = "essay"

    def __init__(self) -> None:
        users = {
            "person": make.user("person"),
            "author": make.author("author"),
            "other": make.author("other"),
            "editor": make.editor("editor"),
            "moderator": make.moderator("moderator"),
            "owner": make.owner("owner"),
        }
        author = users["author"]
        essay = make.essay(SECRETS[2], by=author, published=None, body="<p>Once.</p>")
        essay_form = EssayForm(author, essay)
        essay_form.open()
        essay_form.save(body=f"<p>{SECRETS[0]}</p>")
        essay_form.open()
        essay_form.autosave(tab="a", number="1", body=f"<p>{SECRETS[1]}</p>")
        self.form = essay_form.values
        old = preview.create_link(essay, by=author)
        old.expires = timezone.now() - timedelta(seconds=1)
        old.save()
        # A person's own is created when they first open the form.
        profiles = {name: Profile.objects.create(user=users[name]) for name in WRITERS}
        things: dict[str, Any] = {
            "essay": essay,
            "revision": essay.revisions.earliest("pk"),
            "live": make.essay("Out", by=author),
            "new": "new",
            "link": preview.create_link(essay, by=author).token,
            "ended": old.token,
            "image": uploads.store(plain("PNG", 9, 9), by=author),
            "series": Series.objects.create(title="Debts", slug="debts"),
            "tag": Tag.objects.create(name="Promises", slug="promises"),
            "profile": profiles["author"],
            "redirect": Redirect.objects.create(old_path="/was-here/", essay=essay),
            "site": Site.objects.get_or_create(pk=1)[0],
        }
        super().__init__(things, users, TABLE.people)

    def parameters_for(self, name: str) -> dict[str, Any]:
        return {ASKED[name]: self.objects["revision"].pk} if name in ASKED else {}


@pytest.fixture(scope="module")
def world(module_database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
        yield World()


def rows(method: str, part: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of the stock admin that are not about essays, or the others."""
    for address, answers in TABLE.rows(method):
        is_stock = OF_ADMIN.match(address) is not None and not address.endswith("(essay)")
        if is_stock == (part == "stock"):
            yield address, answers


PARTS = ["ours", pytest.param("stock", marks=pytest.mark.long)]


def of_writing() -> dict[str, list[str]]:
    """Return the addresses that the table must list: the stock admin's, and those around its forms."""
    return {
        name: about
        for name, module, about in addresses()
        if OF_ADMIN.match(name) or (module.startswith(ROOMS) and module not in READ)
    }


def test_every_address_is_in_the_table(world: World) -> None:
    rights.assert_table_is_complete(TABLE, of_writing(), world)


@pytest.mark.parametrize("part", PARTS)
def test_get_responses_match_the_table_and_change_nothing(part: str, world: World) -> None:
    wrong: list[str] = []
    for at, who in enumerate(TABLE.people):
        world.client(who)
        before = database_contents()
        for address, expected in rows("GET", part):
            response = world.send("GET", address, who)
            wrong += faults(who, "opens", address, response, expected[at])
        after = database_contents()
        wrong += [f"{who} opened everything, and {table} changed" for table in before if before[table] != after[table]]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("part", PARTS)
def test_post_responses_match_the_table_and_rejected_ones_change_nothing(part: str, world: World) -> None:
    wrong: list[str] = []
    for at, who in enumerate(TABLE.people):
        world.client(who)
        for address, expected in rows("POST", part):
            with transaction.atomic(), recorded_writes() as written:
                response = world.send("POST", address, who)
                wrong += faults(who, "sends", address, response, expected[at])
                transaction.set_rollback(True)
            if response_status(response) in {"login", "403", "404", "405"} and written:
                wrong.append(f"{who} is refused {address}, and yet: {written}")
    assert not wrong, "\n".join(wrong)


def faults(who: str, verb: str, address: str, response: Any, expected: str) -> Iterator[str]:
    got = response_status(response)
    if got != expected:
        yield f"{who} {verb} {address}: {got}, not {expected}"
    if who not in MAY_READ and address not in BY_LINK and any(secret in full_text(response) for secret in SECRETS):
        yield f"{who} {verb} {address} and reads what is not theirs"


def test_no_one_without_permission_changes_an_essays_state(world: World) -> None:
    """By the list, the form's buttons or restoring a revision."""
    draft, live = world.objects["essay"], world.objects["live"]
    before = state(draft), state(live)
    verbs = ("publish_now", "unpublish", "pin", "unpin", "delete_selected")
    wrong = []
    for who in (each for each in TABLE.people if each not in MAY_READ):
        client = world.client(who)
        asks = [
            (
                reverse("admin:blog_essay_changelist"),
                {"action": verb, "_selected_action": [draft.pk, live.pk], "post": "yes"},
            )
            for verb in verbs
        ]
        for essay in (draft, live):
            form = {**world.form, "title": "Taken over"}
            change = reverse("admin:blog_essay_change", args=[essay.pk])
            asks += [(change, form | {button: "1"}) for button in ("_publish", "_unpublish", "_draft", "_preview")]
            asks.append((reverse("admin:blog_essay_delete", args=[essay.pk]), {"post": "yes"}))
        for place, data in asks:
            with transaction.atomic():
                client.post(place, data)
                if (state(draft), state(live)) != before:
                    wrong.append(f"{who} sends {data} to {place}")
                transaction.set_rollback(True)
    assert not wrong, "\n".join(wrong)


def state(essay: Essay) -> Any:
    rows = Essay.objects.filter(pk=essay.pk).values_list("title", "body", "published", "is_pinned", "slug")
    return list(rows), essay.revisions.count()
