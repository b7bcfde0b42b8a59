"""Exports are complete: essays with all notes, comments in their threads, pictures."""

import io
import json
import re
import stat
import zipfile
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from PIL import Image as Pillow

from blog import markup
from blog.images import uploads
from blog.models import Authorship, Essay, Image, Redirect, Tag
from comments.models import Comment, Discussion, Status
from tests import make
from tests.blog.essay_forms import long_essay
from tests.transfer import exports
from transfer import exporting, importing
from transfer import pictures as wanted
from transfer.markdown import export
from transfer.models import WantedPicture

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MIXED = (
    "<h2>Part *one*</h2><p>1. not a list, <em>so</em> and <strong>so</strong>, <i>i</i>, a_b_c [x] &lt;b&gt; <a "
    'href="https://a.example/?a=1&amp;b=2" rel="noopener">there</a>, <code>x*y</code>, H<sub>2</sub>O<br>line</p>'
    '<ul><li>a<ul><li>b<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></li></ul></li><li><p>c</p><p>d</p></li>'
    '</ul><ol start="3"><li>three</li><li>four</li></ol><blockquote><p>said</p><p>so</p></blockquote><pre>a\n\n  ```b</pre><hr>'
    '<blockquote class="pull"><p>pulled</p></blockquote><p><span lang="fr">voilà</span></p>'
    '<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table><h3>Last</h3><p>End<sup><a id="ref-2" href="#note-2" '
    'role="doc-noteref">2</a></sup></p><section role="doc-endnotes"><ol><li id="note-1">One <em>note</em></li><li id="note-2">'
    "<p>Two</p><ul><li>with</li></ul><p>more</p></li></ol></section>"
)
IN_TABLE = (
    '<table><tbody><tr><td colspan="2">x<sup><a id="ref-1" href="#note-1" role="doc-noteref">1</a></sup></td></tr>'
    '<tr><td>y</td><td>z</td></tr></tbody></table><section role="doc-endnotes"><ol><li id="note-1">In a cell</li></ol></section>'
)


@pytest.fixture(autouse=True)
def no_picture_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted, "schedule_fetch", lambda: None)


def essays() -> dict[str, Essay]:
    author = make.author("miriam", name="Miriam Achterberg")
    long = make.essay("Long & <odd>", by=author, body=long_essay(), deck="A deck", excerpt="Short & good")
    Authorship.objects.create(essay=long, author=make.author("ben"), position=1)
    long.tags.add(Tag.objects.ensure("Old Promises"))
    Redirect.objects.create(old_path="/2020/01/02/once/", essay=long)
    Discussion.objects.update_or_create(essay=long, defaults={"is_open": False})
    assert markup.clean_essay(MIXED) == MIXED
    mixed = make.essay("Mixed", by=author, body=MIXED)
    make.essay("Draft", by=author, body=markup.clean_essay(IN_TABLE), published=None)
    root = make.comment(mixed, "A *root*")
    make.comment(mixed, "A reply & more", to=make.comment(mixed, "Between", to=root))
    make.comment(mixed, "Wait", status="pending")
    return {essay.title: essay for essay in Essay.objects.all()}


def test_brackets_and_anchors_keep_their_meaning_in_an_export(tmp_path: Path) -> None:
    body = (
        '<h2>Part</h2><p>Write [caption], [[gallery]], [Gallery ids="1"], [code]x[/code] or [x]; '
        'see <a href="#h-part">above</a> and <a href="#gone">there</a>.</p>'
    )
    make.essay("Brackets", body=body)
    call_command("export", "wordpress", tmp_path / "all.xml", verbosity=0)
    written = (tmp_path / "all.xml").read_text()
    assert 'Write [[caption]], [[[gallery]]], [[Gallery ids="1"]], &#91;code]x[/code] or [x];' in written
    Essay.objects.all().delete()
    exports.import_file(tmp_path / "all.xml")
    assert Essay.objects.get().body == body


def shape_of(essay: Essay) -> list[tuple[str, str, str, str]]:
    rows = Comment.objects.filter(essay=essay).order_by("tree_id", "lft").select_related("wording", "parent__wording")
    return [
        (
            row.commenter.name,
            row.wording.html,
            row.status,
            row.parent.wording.html if row.parent and row.parent.wording else "",
        )
        for row in rows
        if row.wording
    ]


def test_a_wordpress_export_can_be_imported_unchanged(tmp_path: Path) -> None:
    before = essays()
    Essay.objects.filter(title="Mixed").update(cover=Image.objects.create(file="red.png", alt="Red", width=9, height=9))
    told = io.StringIO()
    call_command("export", "wordpress", tmp_path / "all.xml", stdout=told)
    assert "3 essays" in told.getvalue()
    threads = shape_of(before["Mixed"])
    assert len(threads) == 4
    Essay.objects.all().delete()
    Tag.objects.all().delete()
    exports.import_file(tmp_path / "all.xml")
    after = {essay.title: essay for essay in Essay.objects.all()}
    assert after.keys() == before.keys()
    for title, essay in after.items():
        assert essay.body == before[title].body
        for field in ("slug", "deck", "excerpt", "dated", "kind", "word_count", "is_in_menu", "menu_order"):
            assert getattr(essay, field) == getattr(before[title], field), field
    long = after["Long & <odd>"]
    assert [tag.slug for tag in long.tags.all()] == ["old-promises"]
    assert [author.get_full_name() for author in long.bylines] == ["Miriam Achterberg", "ben"]
    assert Redirect.objects.get(old_path="/2020/01/02/once/").essay == long
    assert not Discussion.objects.get(essay=long).is_open
    assert after["Draft"].published is None
    wanted_cover = WantedPicture.objects.get(essay=after["Mixed"], is_cover=True)
    assert (wanted_cover.address, wanted_cover.alt) == (f"{django_settings.SITE_URL}/media/red.png", "Red")
    assert shape_of(after["Mixed"]) == threads
    assert Comment.objects.filter(status=Status.PENDING).count() == 1


def test_a_page_keeps_its_menu_position_through_an_export(tmp_path: Path) -> None:
    for number in range(8):
        make.essay(f"Page {number}", kind="page", is_in_menu=number != 3, menu_order=9 - number)
    before = list(Essay.objects.values_list("title", "is_in_menu", "menu_order").order_by("title"))
    call_command("export", "wordpress", tmp_path / "all.xml", verbosity=0)
    call_command("export", "markdown", tmp_path / "all.zip", verbosity=0)
    Essay.objects.all().delete()
    exports.import_file(tmp_path / "all.xml")
    assert list(Essay.objects.values_list("title", "is_in_menu", "menu_order").order_by("title")) == before
    with zipfile.ZipFile(tmp_path / "all.zip") as folder:
        heads = [folder.read(name).decode() for name in folder.namelist() if name.endswith(".md")]
    assert sorted(re.findall(r"menu_order: (\d+)", "".join(heads))) == ["2", "3", "4", "5", "7", "8", "9"]


def test_a_markdown_export_can_be_imported_unchanged(tmp_path: Path) -> None:
    before = essays()
    png = io.BytesIO()
    Pillow.new("RGB", (4, 3), "red").save(png, "PNG")
    image = uploads.store(png.getvalue(), alt="Red")
    make.essay("Seen", body=f'<p><img src="{image.file.url}" alt="Red"></p>', cover=image)
    call_command("export", "markdown", tmp_path / "all.zip", verbosity=0)
    with zipfile.ZipFile(tmp_path / "all.zip") as packed:
        packed.extractall(tmp_path / "out")
    texts = {file.name: file.read_text() for file in (tmp_path / "out").glob("*.md")}
    assert len(texts) == 4
    long = next(text for name, text in texts.items() if "long" in name)
    assert (long.count("[^62]"), "<p>" in long, "- b[^1]" in "".join(texts.values())) == (2, False, True)
    Essay.objects.all().delete()
    for name in texts:
        call_command("import_essay", tmp_path / "out" / name, verbosity=0)
    after = {essay.title: essay for essay in Essay.objects.all()}
    assert after.keys() == {*before, "Seen"}
    for title, essay in before.items():
        assert export.normalize(after[title].body) == export.normalize(essay.body), title
        assert after[title].deck == essay.deck
    assert "<img src=" in after["Seen"].body
    assert after["Seen"].cover
    assert after["Seen"].cover.alt == "Red"
    assert Image.objects.count() == 2  # the picture of the text is the cover, too
    said = json.loads((tmp_path / "out/comments.json").read_text())
    assert [each["text"] for each in said] == ["A *root*", "Between", "A reply & more", "Wait"]
    assert said[2]["answers"] == said[1]["id"]


def test_a_failed_export_leaves_the_existing_file_untouched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "all.xml"
    make.essay("One")
    call_command("export", "wordpress", file, verbosity=0)
    older = file.read_bytes()
    monkeypatch.setattr(Essay, "get_absolute_url", lambda essay: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(Exception, match="Nothing was written"):
        call_command("export", "wordpress", file, verbosity=0)
    assert [each.name for each in tmp_path.iterdir()] == ["all.xml"]
    assert file.read_bytes() == older


@pytest.mark.parametrize("kind", ["wordpress", "markdown"])
def test_an_export_replaces_only_an_empty_file_or_an_earlier_one(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "mine"
    file.touch(0o644)
    make.essay("One")
    call_command("export", kind, file, verbosity=0)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600  # it has email addresses
    make.essay("Two")
    call_command("export", kind, file, verbosity=0)
    assert b"two" in file.read_bytes()
    other = {"wordpress": "markdown", "markdown": "wordpress"}[kind]
    (tmp_path / "theirs.xml").write_text('<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0"></rss>')
    with zipfile.ZipFile(tmp_path / "theirs.zip", "w") as packed:
        packed.writestr("site.json", '{"name": "theirs"}')
    call_command("export", other, tmp_path / "of-the-other-kind", verbosity=0)
    (tmp_path / "folder").mkdir()
    for name in ("theirs.xml", "theirs.zip", "of-the-other-kind", "folder"):
        before = (tmp_path / name).stat().st_mtime_ns
        with pytest.raises(CommandError, match=r"name (another file, or delete this one first|a file in it)\. Nothing"):
            call_command("export", kind, tmp_path / name, verbosity=0)
        assert (tmp_path / name).stat().st_mtime_ns == before
    with pytest.raises(CommandError, match=r"the folder .*/none does not exist. Nothing was written."):
        call_command("export", kind, tmp_path / "none" / "all", verbosity=0)


def test_the_manual_lists_the_exports_that_can_be_imported() -> None:
    manual = (Path(__file__).resolve().parents[2] / "docs/commands.md").read_text()
    (row,) = re.findall(r"^\| `export FORMAT FILE` .*$", manual, re.MULTILINE)
    for name in exporting.FORMATS:
        (claim,) = re.findall(rf"`{name}` one [^;|]*", row)
        assert (f"which `import {name}` reads back" in claim) == (name in importing.FORMATS), claim
