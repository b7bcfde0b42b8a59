"""A static copy has every public page; each of its links leads to a file, and nothing in it needs a server."""

import io
import posixpath
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from blog.images import uploads
from blog.models import Essay, Redirect, Revision, Series, Tag
from comments.models import AuthorAnswer
from comments.passages import placing
from comments.passages.jobs import move_passages
from comments.passages.quotations import Quotation
from tests import make
from tests.comments.answers.publishing import publish
from transfer.static_copy import html
from transfer.static_copy.addresses import Page, find_target, relative_link

pytestmark = [pytest.mark.django_db, pytest.mark.once]

INTERACTIVE = {"form", "button", "input", "textarea", "script", "template", "dialog", "select", "iframe"}


def export(folder: Path) -> str:
    out = io.StringIO()
    call_command("export", "static", folder, stdout=out)
    return out.getvalue()


def fill_site() -> list[int]:
    """Create essays with pictures, links of all kinds and a discussion of several pages; return the comments' keys."""
    make.site(essays_per_page=1)
    make.rules(threads_a_page=2)
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    image = uploads.store(png.getvalue(), alt="Red")
    author = make.author("miriam", name="Miriam")
    first = make.essay(
        "One",
        by=author,
        series=Series.objects.create(title="Three", slug="three"),
        body=f'<h2>A</h2><p><img src="{image.file.url}" alt="Red"><img src="https://other.example/x.png" alt="Far">'
        '<img src="/media/gone.png" alt="Gone"> <a href="/search/?q=x">find</a> <a href="/?p=99">lost</a> '
        '<a href="/2020/01/02/old/#x">old</a> <a href="https://other.example/">far</a> <a href="/about/">about</a></p>',
    )
    first.tags.add(Tag.objects.create(name="Été", slug="été"))
    Redirect.objects.create(old_path="/2020/01/02/old/", essay=first)
    make.essay("About", kind="page", is_in_menu=True)
    make.essay("Zwei, ähnlich", slug="ähnlich", language="de", translation_of=first, by=author)
    make.essay("A secret draft", published=None)
    roots = [make.comment(first, f"Thread {number}") for number in range(5)]
    make.comment(first, "Nested", to=roots[0])
    make.comment(first, "Not yet public", status="pending")
    first.body += f'<p><a href="/comments/{roots[4].pk}/">last</a></p>'
    Essay.objects.filter(pk=first.pk).update(body=first.body)
    return [root.pk for root in roots]


def links_of(page: html.Element) -> list[str]:
    """Return what a page links to or loads, except links of readers to other sites and what only machines read."""
    found = []
    for element in page.walk():
        if element.name == "link" and element.get("rel") in {"canonical", "author"}:
            continue
        addresses = [
            element.get("href"),
            element.get("src"),
            *(each.split()[0] for each in element.get("srcset").split(",") if each),
        ]
        is_link = element.name == "a"
        found += [each for each in addresses if each and not (is_link and urlsplit(each).scheme)]
    return found


def test_every_link_of_a_copy_leads_to_a_file_in_it(tmp_path: Path) -> None:
    comments = fill_site()
    folder = tmp_path / "copy"
    report = export(folder)
    assert "  6 comments" in report
    assert "  1 missing file\n    media/gone.png" in report
    files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
    pages = {name: html.parse(file.read_text()) for name, file in files.items() if name.endswith(".html")}
    ids = {name: {element.get("id") for element in page.walk()} for name, page in pages.items()}
    for name, page in pages.items():
        assert not INTERACTIVE & {element.name for element in page.walk()}, name
        for link in links_of(page):
            parts = urlsplit(link)
            assert not parts.scheme, (name, link)
            assert not link.startswith("/"), (name, link)
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
            )
            assert target in files, (name, link)
            assert not parts.fragment or target not in ids or unquote(parts.fragment) in ids[target] | {"x"}, (
                name,
                link,
            )
    for name, file in files.items():
        for link in re.findall(r'url\("([^"]+)"\)', file.read_text()) if name.endswith(".css") else ():
            assert posixpath.normpath(posixpath.join(posixpath.dirname(name), link)) in files, (name, link)
    reached, pending = {"index.html"}, ["index.html"]
    while pending:
        name = pending.pop()
        for link in links_of(pages[name]):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(urlsplit(link).path)))
            if urlsplit(link).path and target in pages and target not in reached:
                reached.add(target)
                pending.append(target)
    assert reached == pages.keys()
    texts = {name: files[name].read_text() for name in pages}
    (essay,) = (name for name in pages if name.endswith("one/index.html"))
    day = posixpath.dirname(posixpath.dirname(essay))
    wanted = {
        "index.html",
        "page-2.html",
        "archive/index.html",
        "about/index.html",
        "series/three/index.html",
        "privacy/index.html",
    }
    wanted |= {"tag/été/index.html", "author/miriam/index.html", f"{day}/ähnlich/index.html", f"{day}/one/cpage-2.html"}
    assert wanted <= pages.keys()
    assert {"feed/index.xml", "feed.json", f"{day}/one/feed/index.xml"} <= files.keys()
    together = "".join(texts.values())
    for number in range(5):
        assert f"<p>Thread {number}</p>" in together
    assert not re.search("secret draft|Not yet public|Leave a Reply|Log in<", together)
    assert '">last</a>' in texts[essay]
    (shown,) = (name for name in pages if f"comment-{comments[4]}" in ids[name])
    assert f'<a href="{posixpath.basename(shown)}#comment-{comments[4]}">last</a>' in texts[essay]
    assert 'find lost <a href="#x">old</a>' in texts[essay].replace('<a href="index.html#x">', '<a href="#x">')
    assert '<a href="https://other.example/x.png">Far</a>Gone' in texts[essay]
    assert '<a href="../../../../about/index.html">about</a>' in texts[essay]


def test_a_copy_has_comments_on_passages_with_corrections_and_public_versions(tmp_path: Path) -> None:
    make.site(public_versions=True)
    essay = publish(make.essay(published=None), "<p>Every copy is complete.</p><p>Nothing else is.</p>")
    passage = placing.find_for_comment(essay, Quotation(0, 2))
    assert passage
    comment = make.comment(essay, "Is it?")
    placing.insert(passage, comment)
    essay = publish(essay, "<p>Every copy is complete.</p><p>Nothing else is, or ever was.</p>")
    move_passages.call(essay.pk)
    shown = Revision.objects.public(essay).first()
    AuthorAnswer.objects.create(comment=comment, essay=essay, label=AuthorAnswer.Label.CORRECTED, revision=shown)
    export(tmp_path / "copy")
    folder = tmp_path / "copy" / essay.get_absolute_url().strip("/")
    pages = {file.relative_to(folder).as_posix(): html.parse(file.read_text()) for file in folder.rglob("*.html")}
    for name in ("corrections/index.html", "versions/1/index.html", "versions/2/index.html"):
        assert [
            link
            for link in links_of(pages[name])
            if not (folder / name).parent.joinpath(link.partition("#")[0]).exists()
        ] == []
    links = {(each.get("class"), each.get("href")) for each in pages["index.html"].walk() if each.name == "a"}
    ids = {name: {each.get("id") for each in page.walk()} for name, page in pages.items()}
    correction = f"corrections/index.html#correction-{comment.pk}"
    assert {("on-count", "#comments"), ("", "#on-2"), ("corrected", correction), ("", correction)} <= links
    assert {"comments", "on-2"} <= ids["index.html"]
    assert f"correction-{comment.pk}" in ids["corrections/index.html"]
    ways = {each.get("href") for each in pages["corrections/index.html"].walk() if each.name == "a"}
    assert {"../versions/2/index.html", "../versions/1/index.html", f"../index.html#comment-{comment.pk}"} <= ways
    assert "?on=" not in (folder / "index.html").read_text()


def test_a_copy_is_only_written_into_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make.essay("One")
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CommandError, match=r"not empty: name a new folder or an empty one. Nothing was written."):
        export(tmp_path)
    with pytest.raises(CommandError, match=r"the folder .*/disk does not exist. Nothing was written."):
        export(tmp_path / "disk" / "copy")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]
    monkeypatch.setattr(
        "transfer.static_copy.copying.Copy.finish_pages", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    with pytest.raises(CommandError, match=r"disk full. Nothing was written."):
        export(tmp_path / "new")
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize(
    ("address", "file"),
    [
        ("/", "index.html"),
        ("?page=2", "page-2.html"),
        ("/2020/01/02/x/?after=9&thread=5", "2020/01/02/x/thread-5-after-9.html"),
        ("/2020/01/02/x/?cpage=1#comments", "2020/01/02/x/index.html"),
        ("/author/../", "index.html"),
        ("/author/%2e%2e/", "author/_/index.html"),
        ("/feed/", "feed/index.xml"),
        ("/feed.json", "feed.json"),
        ("/2020/01/02/x/?order=newest", None),
        ("/2020/01/02/x/?replyto=4", None),
        ("/?page=../../x", None),
        ("/accounts/login/", None),
        ("/admin/", None),
    ],
)
def test_an_address_has_one_file_inside_the_folder(address: str, file: str | None) -> None:
    target = find_target(address, "/")
    assert target is not None
    assert (target.page and target.page.file) == file


def test_long_and_odd_names_become_names_of_files() -> None:
    path = Page("/tag/" + "ü" * 200 + "/").file
    assert all(len(part.encode()) < 256 for part in path.split("/"))
    assert Page("/author/../").file == "author/_/index.html"
    assert relative_link("tag/é/index.html", "a/b/index.html", "x y") == "../../tag/%C3%A9/index.html#x%20y"
    assert find_target("https://other.example/", "/") is None
