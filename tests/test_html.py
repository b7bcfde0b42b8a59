"""Every public page in every state is valid HTML, whatever people wrote: no errors of the W3C's validator."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from allauth.socialaccount.models import SocialAccount
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import Commenter
from blog import markup
from blog.models import Essay, Profile, Series, Tag
from blog.writing import preview
from comments.likes import actions as likes
from comments.models import Address, Comment, Discussion, Subscription
from comments.notifications import signed_links
from comments.screening.screening import Sender
from moderation.decisions import actions as deciding
from server.http import error_pages
from tests import make
from tests.blog import hostile
from tests.blog.essay_forms import long_essay
from tests.browser.test_payloads import OWN
from tests.comments.browser_client import Browser, Page
from tests.services import validator
from tests.transfer.deletion import request_deletion

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PASSWORD = "a password of her own 1"
RICH = (
    '<h2>Part</h2><p>One<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> two'
    '<sup><a id="ref-2" href="#note-1" role="doc-noteref">1</a></sup></p><h2>Part</h2><h3>Smaller</h3><pre>code</pre><hr>'
    '<pre class="language-python">def f(x): return 1</pre><p>\\(x^2\\) $$\\begin{array}{c|c}a&amp;b\\\\ \\hline c&amp;d\\end{array}$$</p>'
    '<blockquote><p>said</p></blockquote><blockquote class="pull"><p>pulled</p></blockquote>'
    '<table><caption>Of it</caption><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td colspan="2">c</td></tr></tbody>'
    '</table><figure class="wide"><img src="/media/none.png" alt="A picture"><figcaption>So</figcaption></figure>'
    '<ul><li>a<ol start="3"><li>b</li></ol></li></ul><p><span lang="fr">voilà</span></p>'
    '<section role="doc-endnotes"><ol><li id="note-1"><p>Note</p></li></ol></section>'
)


class Site:
    """A site with something of everything, and the pages that people opened on it."""

    def __init__(self) -> None:
        make.rules(hold_first_comment=True, guests_may_like=True, tombstones_tell=True, readers_may_follow=True)
        make.site(public_record=True, tagline="Essays & replies", essays_per_page=3, formulas=True)
        self.pages: dict[str, str] = {}
        self.author = make.author("miriam", name="Miriam <Achterberg>")
        Profile.objects.create(user=self.author, about="Writes.\n\nHere.", links="https://a.example/?a=1&b=2")
        self.reader = make.user("rosa", name="Rosa", password=PASSWORD)
        self.moderator = make.moderator("mara", name="Mara")
        self.write_essays()
        self.discuss()
        self.browsers = {
            "guest": Browser(), "reader": Browser(self.reader), "author": Browser(self.author),
            "moderator": Browser(self.moderator),
        }  # fmt: skip

    def write_essays(self) -> None:
        series = Series.objects.create(title="Of Words", slug="words", description="Some & more")
        fields: dict[str, Any] = {"series": series, "deck": "A “deck” & more"}
        self.essay = make.essay("Whose <b>Promise</b>?", by=self.author, body=RICH, **fields)
        self.essay.tags.add(Tag.objects.ensure("Promises & words"))
        Essay.objects.filter(pk=self.essay.pk).update(updated=timezone.now(), update_note="A <note>", is_pinned=True)
        self.others = {
            "closed": make.essay("Closed", by=self.author, is_open=False, **fields),
            "empty": make.essay("Empty", by=self.author, published=timezone.now() - timedelta(days=500)),
            "right to left": make.essay("הבטחה", language="he", slug="promise", translation_of=self.essay, body=RICH),
            "long": make.essay("L" * 70, body=long_essay(4000, 20)),
        }
        self.page = make.essay("About", kind="page", is_in_menu=True, by=self.author)
        self.draft = make.essay("", by=self.author, published=None, body=RICH)

    def discuss(self) -> None:
        essay, miriam, rosa = (
            self.essay,
            Commenter.objects.for_user(self.author),
            Commenter.objects.for_user(self.reader),
        )
        Discussion.objects.update_or_create(essay=essay, defaults={"own_threads_a_page": 4, "own_shown_depth": 2})
        self.root = make.comment(essay, "One.\n\n> said", by=make.guest("Tobias", website="https://t.example/?a=1&b=2"))
        reply = make.comment(essay, "Two.", to=self.root, by=miriam)
        self.deep = make.comment(essay, "Three.", to=make.comment(essay, "Deeper.", to=reply), by=rosa)
        self.own_comment = make.comment(essay, "Mine.", by=rosa)
        self.pending = make.comment(essay, "Held.", by=rosa, status="pending")
        removed = make.comment(essay, "Gone.")
        make.comment(essay, "Answered.", to=removed)
        self.refused = make.comment(essay, "Refused.", by=rosa)
        for comment in (removed, self.refused):
            deciding.trash(comment, by=self.moderator, note="Off topic")
        for number in range(6):
            make.comment(essay, f"Thread {number}.")
        for target in (None, self.root.pk):
            likes.like(commenter=miriam, sender=Sender(), essay=essay, comment=target)
        self.address = Address.objects.create(email="anna@example.org", verified=timezone.now())
        for subscription_fields in (
            {"kind": "thread", "comment": self.root, "often": "daily"},
            {"kind": "essay", "essay": essay},
            {"kind": "essays"},
        ):
            Subscription.objects.create(address=self.address, confirmed=timezone.now(), **subscription_fields)

    def store(self, name: str, response: Any, status: int = 200) -> None:
        assert response.status_code == status, (name, response.status_code, Page(response).text[:500])
        self.pages[name] = response.content.decode()

    def read(self, reader: str, *paths: str, status: int = 200) -> None:
        for path in paths:
            self.store(f"{path} ({reader})", self.browsers[reader].get(path, follow=True), status)

    def send(self, reader: str, path: str, status: int, **fields: str) -> None:
        self.store(f"POST {path} {fields} ({reader})", self.browsers[reader].post(path, fields), status)


def lists(site: Site) -> None:
    day = site.essay.dated
    assert day is not None
    paths = ("/", "/?page=2", "/archive/", f"/{day.year}/", f"/{day.year}/{day.month:02}/", "/tag/promises-words/",
             "/series/", "/series/words/", "/author/miriam/", "/about/", "/privacy/", "/moderation/",
             "/search/", "/search/?q=words", "/search/?q=words+promise&kind=comments", "/search/?q=nothingness")  # fmt: skip
    site.read("guest", *paths)
    site.read("author", "/", "/archive/")


def essays(site: Site) -> None:
    path, root = site.essay.get_absolute_url(), site.root.pk
    queries = ("", f"?replyto={root}#respond", "?cpage=2&order=newest", "?by=author", f"?thread={root}")
    site.read(
        "guest",
        *(path + query for query in queries),
        *(other_essay.get_absolute_url() for other_essay in site.others.values()),
    )
    site.read(
        "reader",
        path,
        site.own_comment.get_absolute_url(),
        site.pending.get_absolute_url(),
        f"{path}?replyto={root}#respond",
    )
    site.read("author", path)
    site.browsers["reader"].post(f"{path}like/", {"like": "1"})
    site.read("reader", f"{path}?order=liked")
    part = site.browsers["guest"].get(f"{path}identity/").content.decode()
    site.pages["identity"] = f'<!doctype html><html lang="en"><title>A part of a page</title>{part}</html>'
    link = preview.create_link(site.draft, by=site.author)
    site.read("guest", f"/preview/{link.token}/")


def replies(site: Site) -> None:
    respond = f"{site.essay.get_absolute_url()}respond/"
    wrong = {"as": "guest", "text": "", "name": "<b>", "email": "no", "website": "no address"}
    site.send("guest", respond, 422, **wrong)
    site.send("guest", respond, 422, **wrong | {"parent": str(site.root.pk)})
    guest_fields = {"as": "guest", "name": "Anna <b>", "email": "anna@example.org", "website": "a.example"}
    site.send("guest", respond, 200, **guest_fields, text="> *quoted*\n\n    code", preview="page", notify_replies="on")
    for name, fields in {"remembered": {"remember": "on"}, "again": {}}.items():
        response_ = site.browsers["guest"].post(
            respond, guest_fields | {"text": "Held <i>words</i>"} | fields, follow=True
        )
        site.store(f"a reply, {name}", response_, 200 if fields else 409)
    closed = f"{site.others['closed'].get_absolute_url()}respond/"
    site.send("reader", closed, 403, **guest_fields, text="Too late")


def around_a_comment(site: Site) -> None:
    own_comments, refused = site.own_comment.pk, site.refused.pk
    paths = [f"/comments/{own_comments}/{verb}/" for verb in ("edit", "delete")]
    site.read(
        "reader",
        *paths,
        f"/comments/{site.pending.pk}/tell/",
        f"/comments/{refused}/appeal/",
        "/replies/comments/",
        "/replies/",
    )
    site.send("reader", paths[0], 422, text=" ")
    site.send("reader", f"/comments/{refused}/appeal/", 422, words="")
    report = f"/comments/{site.root.pk}/report/"
    site.read(
        "guest",
        report,
        f"/comments/{site.root.pk}/more/",
        f"/comments/{site.root.pk}/like/",
        f"{site.essay.get_absolute_url()}like/",
        "/replies/comments/",
        "/replies/",
    )
    site.send("guest", report, 422, kind="", words="")
    site.store("a report, sent", site.browsers["guest"].post(report, {"kind": "spam", "words": "x"}, follow=True))
    site.store("deleted", site.browsers["reader"].post(paths[1], follow=True))
    link = "/" + signed_links.decision_url(site.pending, site.moderator).split("/", 3)[3]
    site.read("guest", link)
    site.read("moderator", "/accounts/queue-mail/")


def subscriptions(site: Site) -> None:
    other_essay = site.address.subscriptions.get(kind="thread")
    links = [signed_links.subscriptions_url(site.address), signed_links.unsubscribe_url(other_essay), signed_links.unsubscribe_daily_url(site.address),
             signed_links.confirm_url(site.address)]  # fmt: skip
    paths = ["/" + link.split("/", 3)[3] for link in links]
    follow = f"/subscriptions/?comment={site.root.pk}"
    site.read("guest", *paths, follow, "/subscriptions/", f"/subscriptions/asked/?essay={site.essay.pk}")
    site.read("reader", "/subscriptions/mine/", follow)
    site.read("guest", "/subscriptions/nonsense/", status=410)
    site.send("guest", follow, 422, email="no")
    site.store("stopped", site.browsers["guest"].post(paths[1], follow=True))


def accounts(site: Site) -> None:
    guest = ("login", "signup", "password/reset", "login/code", "claims", "invitation/nonsense", "claims/nonsense")
    own_comments = ("me", "email", "password/change", "picture", "sessions", "3rdparty", "2fa", "2fa/totp/activate", "claims",
           "2fa/webauthn", "2fa/webauthn/add", "2fa/recovery-codes/generate", "logout", "data", "reauthenticate")  # fmt: skip
    SocialAccount.objects.create(
        user=site.reader, provider="twitter_oauth2", uid="1", extra_data={"username": "rosa_c"}
    )
    site.reader.emailaddress_set.create(email="second@example.org", verified=False)
    for path in guest:
        response = Browser().get(f"/accounts/{path}/", follow=True)
        site.store(f"/accounts/{path}/ (guest)", response, 410 if "nonsense" in path else 200)
    site.store(
        "signed in",
        site.browsers["guest"].post("/accounts/login/", {"login": "rosa", "password": PASSWORD}, follow=True),
    )
    site.browsers["reader"] = site.browsers["guest"]
    site.read("reader", *(f"/accounts/{path}/" for path in own_comments))
    site.store("data", site.browsers["reader"].get("/accounts/data/about-me.html"))
    page = request_deletion(site.browsers["reader"])
    site.store("log in again", site.browsers["reader"].get(f"/accounts/login/?next={quote(page)}"))
    site.browsers["reader"].post("/accounts/login/", {"login": "rosa", "password": PASSWORD})
    site.read("reader", page, "/accounts/forgotten/")
    site.store("no choice", site.browsers["reader"].post("/accounts/forget/"), 422)
    for path, fields in {
        "login": {"login": "x", "password": "y"},
        "signup": {"email": "no"},
        "password/reset": {"email": "no"},
    }.items():
        site.store(f"POST {path}", Browser(address=f"198.51.100.{len(path)}").post(f"/accounts/{path}/", fields))
    for path in ("email", "password/change", "picture"):
        response = site.browsers["reader"].post(
            f"/accounts/{path}/", {"action_add": "", "email": "no", "oldpassword": "x"}
        )
        site.store(f"POST {path}", response, response.status_code)
    for path in ("signup", "login/code"):
        browser = Browser(address="198.51.100.77")
        site.store(
            f"a code for {path}",
            browser.post(f"/accounts/{path}/", {"email": f"new{len(path)}@example.org", "name": "Ines"}, follow=True),
        )


def problems(site: Site) -> None:
    site.read("guest", "/nothing-there/", "/comments/4711/", status=404)
    cross_site = Browser(headers={"Sec-Fetch-Site": "cross-site"})
    site.store("403", cross_site.post(f"{site.essay.get_absolute_url()}respond/", {"text": "x"}), 403)
    site.pages["500"] = render_to_string("500.html")
    requests: list[Callable[[], Any]] = [
        error_pages.too_slow,
        error_pages.incomplete,
        error_pages.unreadable,
        error_pages.too_busy,
        error_pages.unavailable,
    ]
    for status in ("400", "403", "404", "429"):
        site.pages[f"template {status}"] = render_to_string(f"{status}.html")
    for make_answer in requests:
        site.pages[make_answer.__name__] = make_answer().content.decode()


def hostile_words(site: Site) -> None:
    make.rules(hold_first_comment=False, hold_links=0)
    essay = make.essay(
        "<script>x</script>", body=markup.clean_essay("".join([*hostile.SAMPLE, *hostile.recipes().values()]))
    )
    for number, payload in enumerate([*OWN, *hostile.SAMPLE]):
        make.comment(
            essay, payload[:5000], by=make.guest(payload[:60].strip() or "x", website=f"https://w.example/{number}")
        )
    assert Comment.objects.filter(essay=essay).count() > len(OWN)
    address = essay.get_absolute_url()
    site.read("guest", address, f"{address}?cpage=2", "/archive/", "/")


def test_every_public_page_is_valid_html(tmp_path: Path) -> None:
    site = Site()
    for pages in (lists, essays, replies, around_a_comment, subscriptions, accounts, problems, hostile_words):
        pages(site)
    assert len(site.pages) > 100
    errors = validator.errors(site.pages, tmp_path)
    assert not errors, "\n".join(f"{name}:\n  " + "\n  ".join(wrong[:5]) for name, wrong in errors.items())
