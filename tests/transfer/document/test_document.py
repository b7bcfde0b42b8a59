"""Import of one document as a draft, by command and by upload; errors for files that are no documents."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image as Pillow

from accounts.models import User
from blog.models import Essay, Image
from tests import make
from transfer.document import import_document
from transfer.models import WantedPicture
from transfer.report import Unreadable

pytestmark = [pytest.mark.django_db, pytest.mark.once]
UPLOAD = "/admin/blog/essay/import/"
SHARED = Path(__file__).resolve().parents[4] / "shared/data"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    f'<Override PartName="/word/document.xml" ContentType="{OFFICE}.document.main+xml"/></Types>'
)


def relationships(**targets: str) -> str:
    rows = "".join(
        f'<Relationship Id="{name}" Type="{R}/{kind}" Target="{target}"{mode}/>'
        for name, (kind, target, mode) in {
            name: (*said.split(" "), "")[:3] if " " in said else (said, said, "") for name, said in targets.items()
        }.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def paragraph(words: str, style: str = "") -> str:
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{named}{words}</w:p>"


def run(words: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def note(kind: str, number: int) -> str:
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def notes(kind: str, *texts: str) -> str:
    each = "".join(
        f'<w:{kind} w:id="{number}"><w:p>{run(text)}</w:p></w:{kind}>' for number, text in enumerate(texts, 1)
    )
    return f'<w:{kind}s xmlns:w="{W}">{each}</w:{kind}s>'


STYLES = (
    f'<w:styles xmlns:w="{W}">'
    + "".join(
        f'<w:style w:type="paragraph" w:styleId="{name.replace(" ", "")}"><w:name w:val="{name}"/></w:style>'
        for name in ("Title", "Subtitle", "heading 1", "heading 2", "Quote")
    )
    + "</w:styles>"
)


def docx(body: str, **parts: str | bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", TYPES)
        packed.writestr("_rels/.rels", relationships(r1="officeDocument word/document.xml"))
        packed.writestr("word/_rels/document.xml.rels", relationships(
            f="footnotes footnotes.xml", e="endnotes endnotes.xml", s="styles styles.xml", c="comments comments.xml",
            p="image media/one.png", n="numbering numbering.xml",
        ))  # fmt: skip
        packed.writestr(
            "word/document.xml", f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{body}</w:body></w:document>'
        )
        packed.writestr("word/styles.xml", STYLES)
        for name, content in parts.items():
            packed.writestr(f"word/{name}.xml", content)
    return out.getvalue()


WHOLE = docx(
    paragraph(run("On Walking"), "Title")
    + paragraph(run("A mile at a time"), "Subtitle")
    + paragraph(run("The first mile"), "heading1")
    + paragraph(run("It was cold") + note("footnote", 1) + run(" and dark") + note("endnote", 1) + run("."))
    + paragraph(run("Somebody said so."), "Quote")
    + paragraph(run("Warm") + note("footnote", 2)),
    footnotes=notes("footnote", "Not very.", "At last."),
    endnotes=notes("endnote", "So it seemed."),
    comments=f'<w:comments xmlns:w="{W}"><w:comment w:id="0"><w:p>{run("Cut this")}</w:p></w:comment></w:comments>',
)


@pytest.fixture
def author() -> User:
    return make.author("miriam", name="Miriam Achterberg", password="orchards are not sold")


@pytest.fixture
def desk(author: User) -> Client:
    client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
    client.force_login(author)
    return client


def sent(name: str, data: bytes) -> dict[str, Any]:
    return {"file": SimpleUploadedFile(name, data)}


def test_an_uploaded_document_becomes_a_complete_draft(desk: Client, author: User) -> None:
    answer = desk.post(UPLOAD, sent("walk.docx", WHOLE), follow=True)
    essay = Essay.objects.get()
    assert answer.redirect_chain[-1][0] == f"/admin/blog/essay/{essay.pk}/change/"
    assert (essay.title, essay.deck, essay.published, essay.slug) == (
        "On Walking",
        "A mile at a time",
        None,
        "on-walking",
    )
    assert list(essay.authors.all()) == [author]
    assert "<h2>The first mile</h2>" in essay.body
    assert "<blockquote><p>Somebody said so.</p></blockquote>" in essay.body.replace("\n", "")
    marks = [essay.body.index(f'href="#note-{number}"') for number in (1, 2, 3)]
    texts = [essay.body.index(text) for text in ("Not very.", "So it seemed.", "At last.")]
    assert marks == sorted(marks)
    assert texts == sorted(texts)
    assert "Cut this" not in essay.body
    shown = answer.content.decode()
    assert "3 footnotes" in shown
    assert "1 review comment" in shown


def test_only_authors_can_import_documents(client: Client) -> None:
    client.force_login(make.moderator("mara"))
    assert client.post(UPLOAD, sent("walk.docx", WHOLE), headers={"sec-fetch-site": "same-origin"}).status_code in {
        302,
        403,
    }
    assert not Essay.objects.exists()


def test_pictures_are_imported_and_failed_ones_are_listed(author: User) -> None:
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    inside = base64.b64encode(png.getvalue()).decode()
    html = (
        f'<p><img src="data:image/png;base64,{inside}" alt="Red"></p><p><img src="data:image/png;base64,AAAA" alt="Broken">'
        f'<img src="data:image/png;base64,{inside}" alt="Red">'
        '<img src="https://a.example/b.png"></p>'
    )
    essay, report = import_document("a.html", html.encode(), by=author)
    image = Image.objects.get()  # stored once, shown twice
    assert (image.width, image.height, image.alt) == (4, 3, "Red")
    assert essay.body.count(f'src="{image.file.url}"') == 2
    assert WantedPicture.objects.get().address == "https://a.example/b.png"
    assert any("Broken" in line for line in report.lines())


def test_a_markdown_file_keeps_notes_tables_and_title(tmp_path: Path, author: User) -> None:
    file = tmp_path / "walk.md"
    file.write_text(
        '---\ntitle: "On Walking"\ntags: [a]\n---\n\n# Part\n\nCold.[^1] ~~Warm~~\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n'
        "![Red](red.png)\n\n# Other\n\n[^1]: Not *very*.\n"
    )
    Pillow.new("RGB", (4, 3), "red").save(tmp_path / "red.png")
    call_command("import_essay", file, author="miriam", verbosity=0)
    essay = Essay.objects.get()
    assert essay.title == "On Walking"
    for part in ("<h2>Part</h2>", "<s>Warm</s>", "<td>1</td>", '<li id="note-1">Not <em>very</em>.</li>', 'alt="Red"'):
        assert part in essay.body
    assert list(essay.authors.all()) == [author]


def test_each_mark_of_a_markdown_note_used_twice_leads_to_it(author: User) -> None:
    essay, _ = import_document("a.md", b"One[^a] two[^b] three[^a].\n\n[^a]: First.\n[^b]: Second.\n", by=author)
    assert essay.body == (
        '<p>One<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup> two<sup><a id="ref-2" href="#note-2" '
        'role="doc-noteref">2</a></sup> three<sup><a href="#note-1" role="doc-noteref">1</a></sup>.</p>'
        '<section role="doc-endnotes"><ol><li id="note-1">First.</li><li id="note-2">Second.</li></ol></section>'
    )


def test_front_matter_sets_what_an_essay_has_a_place_for(author: User) -> None:
    source = """---
title: Walking
subtitle: |
  In the cold
date: 2025-03-02T10:00:00+00:00
slug: on.walking
tags: [Feet, Django 5.2]
series: Winter
series_order: 2
description: What walking does.
lang: de
canonical_url: https://example.org/walking
mood: blue
---
# Walking

![Red](https://example.org/red.png "A red square")

Text.
"""
    essay, report = import_document("walk.md", source.encode(), by=author)
    essay.refresh_from_db()
    assert (essay.title, essay.deck, essay.slug, essay.language) == ("Walking", "In the cold", "on-walking", "de")
    assert (essay.excerpt, essay.canonical) == ("What walking does.", "https://example.org/walking")
    assert essay.created.date().isoformat() == "2025-03-02"
    assert essay.published is None
    assert [tag.slug for tag in essay.tags.order_by("name")] == ["django-5-2", "feet"]
    assert (str(essay.series), essay.series_position) == ("Winter", 2)
    assert "<figcaption>A red square</figcaption></figure><p>Text.</p>" in essay.body
    assert "Walking" not in essay.body
    assert [line for line in report.lines() if "mood" in line]


def test_a_date_that_cannot_be_read_is_listed_as_lost() -> None:
    essay, _report = import_document("a.md", b"---\ntitle: Walking\ndate: the ides of March\n---\nText.")
    assert "the ides of March" in essay.import_losses


def test_a_heading_that_is_not_the_title_stays() -> None:
    essay, _report = import_document("a.md", b"---\ntitle: Walking\n---\n# Feet\n\nText.")
    assert essay.body == "<h2>Feet</h2><p>Text.</p>"


def test_an_html_file_names_its_language() -> None:
    page = b'<html xmlns="x" xml:lang="fr"><head><title>Marcher</title></head><body><p>Un.</p></body></html>'
    essay, _report = import_document("a.xhtml", page)
    assert (essay.title, essay.language, essay.body) == ("Marcher", "fr", "<p>Un.</p>")


def test_a_picture_outside_its_folder_is_not_opened(tmp_path: Path) -> None:
    Pillow.new("RGB", (4, 3), "red").save(tmp_path / "secret.png")
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    html = '<img src="../secret.png"><img src="link.png"><img src="/etc/passwd"><img src="file:///etc/passwd">'
    essay, _report = import_document("a.html", f"<p>a{html}</p>".encode(), folder=folder)
    assert "<img" not in essay.body
    assert not Image.objects.exists()


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "walk.docx"
    file.write_bytes(WHOLE)
    call_command("import_essay", file, dry_run=True, verbosity=0)
    assert not Essay.objects.exists()


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


ENTITIES = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
BAD = {
    "not packed": ("a.docx", b"hello", "not a .docx file"),
    "cut short": ("a.docx", WHOLE[: len(WHOLE) // 2], "not a .docx file"),
    "another packed file": ("a.docx", packed(a=b"x"), "not a Word document"),
    "a bomb": ("a.docx", docx(paragraph(run("a")) * 200_000), "suspiciously large"),
    "entities": ("a.docx", docx("", comments=ENTITIES), "entities"),
    "too deep": ("a.docx", docx("<w:p>" * 3000 + "</w:p>" * 3000), "too complex"),
    "deep enough to break a reader": ("a.docx", docx("<w:tbl><w:tr><w:tc>" * 78 + "</w:tc></w:tr></w:tbl>" * 78), ""),
    "an old document": ("a.doc", b"\xd0\xcf\x11\xe0", ".docx"),
    "a picture": ("a.html", b"\x89PNG\r\n\0\0", "not an HTML file"),
    "too many tags": ("a.html", b"<p>" * 30_000, "tags"),
    "too many signs": ("a.md", b"*a" * 30_000, "formatting characters; split it into smaller files"),
    "another kind": ("a.exe", b"MZ", "only .docx"),
}


@pytest.mark.parametrize("case", BAD)
def test_an_invalid_file_is_rejected_with_a_message(case: str, desk: Client) -> None:
    name, data, words = BAD[case]
    answer = desk.post(UPLOAD, sent(name, data))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Essay.objects.exists()


@pytest.mark.parametrize("file", sorted((SHARED / "security/files").glob("*")), ids=lambda file: file.name)
@pytest.mark.parametrize("ending", ["docx", "html"])
def test_hostile_files_are_rejected_or_harmless(file: Path, ending: str) -> None:
    try:
        essay, _report = import_document(f"a.{ending}", file.read_bytes())
    except Unreadable:
        return
    assert "<script" not in essay.body
    assert "<svg" not in essay.body


@pytest.mark.parametrize("file", sorted((SHARED / "publishing/docx").glob("*.docx")), ids=lambda file: file.stem)
def test_real_documents_are_imported(file: Path) -> None:
    essay, _report = import_document(file.name, file.read_bytes())
    assert essay.body.count('role="doc-noteref"') == essay.body.count('<li id="note-')
    assert "style=" not in essay.body


def test_the_command_reports_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_essay", tmp_path / "none.docx")
    (tmp_path / "a.docx").write_bytes(b"x")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("import_essay", tmp_path / "a.docx")


MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"
LEVELS = "".join(
    f'<w:lvl w:ilvl="{level}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/></w:lvl>'
    for level, (kind, start) in enumerate([("decimal", 1), ("lowerLetter", 2), ("bullet", 1)])
)
NUMBERING = (
    f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="7">{LEVELS}</w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num></w:numbering>'
)


def styled(words: str, style: str) -> str:
    return f'<w:r><w:rPr>{style}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def numbered(words: str, level: int = 0) -> str:
    style = f'<w:pPr><w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="1"/></w:numPr></w:pPr>'
    return f"<w:p>{style}{run(words)}</w:p>"


def test_lists_languages_and_formulas_are_kept_and_hidden_text_is_dropped() -> None:
    formula = (
        f'<m:oMath xmlns:m="{MATH}"><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:sSup><m:e><m:r><m:t>b</m:t></m:r>'
        "</m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:den></m:f></m:oMath>"
    )
    essay, report = import_document(
        "a.docx",
        docx(
            numbered("one")
            + numbered("inner", 1)
            + paragraph(run("between the two of them"))
            + numbered("two")
            + paragraph(run("See ") + formula + styled("secret", "<w:vanish/>") + styled("nato", "<w:caps/>"))
            + paragraph(run("He said ") + styled("voilà", '<w:lang w:val="fr-FR"/>'))
            + f"<w:p><w:pPr><w:bidi/></w:pPr>{run('x')}</w:p>"
            + '<w:p><w:pPr><w:pBdr><w:bottom w:val="single"/></w:pBdr></w:pPr></w:p>'
            + paragraph(
                f'<w:ins w:id="1">{run("came")}</w:ins><w:del w:id="2"><w:r><w:delText>went</w:delText></w:r></w:del>'
            ),
            numbering=NUMBERING,
        ),
    )
    assert essay.body.replace("\n", "") == (
        '<ol><li>one<ol start="2" type="a"><li>inner</li></ol></li></ol><p>between the two of them</p>'
        '<ol start="2"><li>two</li></ol><p>See a/b<sup>2</sup>NATO</p><p>He said <span lang="fr">voilà</span></p>'
        '<p dir="rtl">x</p><hr><p>came</p>'
    )
    told = "\n".join(report.lines())
    for words in (
        "1 passage of hidden text",
        "secret",
        "1 formula was converted to text",
        "2 tracked changes were accepted",
    ):
        assert words in told
