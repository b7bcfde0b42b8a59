"""Folders of Jekyll, Hugo and Pelican become essays and pages with their dates, tags, links and pictures."""

import io
import os
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from blog.models import Essay, Image
from comments.models import Discussion
from tests.transfer.exports import final_path, imported_rows
from transfer import pictures
from transfer.fields.front_matter import Head, split
from transfer.fields.post import HUGO as HUGO_SITE
from transfer.fields.post import JEKYLL as JEKYLL_SITE
from transfer.fields.post import Post, parse_time
from transfer.fields.yaml import Value
from transfer.markdown.template_tags import replace_tags

pytestmark = [pytest.mark.django_db, pytest.mark.once]

JEKYLL = {
    "_config.yml": "title: Old\nurl: https://old.example\nbaseurl: /blog # below the root\n",
    "README.md": "# Not a page",
    "_posts/2020-01-02-first-one.md": (
        '---\nlayout: post\ntitle: "First: one"\nsubtitle: Below it\ndate: 2020-01-02 23:30:00 +0200\n'
        "tags: ethics law\ncategories: [Essays]\nauthor: Ann Onym\nimage:\n  path: /img/red.png\n  alt: Red\n"
        "redirect_from:\n  - /once/\nexcerpt: >\n  Short and\n  good\nmystery: 1\n---\n"
        'Words[^1] and ![a]({{ site.baseurl }}/img/red.png "t").{: .big }\n\n[^1]: A note.\n\n'
        "{% highlight ruby %}\nputs 1\n{% endhighlight %}\n\nSee [that]({% post_url 2020-02-03-second %}#part), `{% raw %}`. {% toc %}\n"
    ),
    "index.md": "---\nlayout: home\n---\n",
    "_posts/2020-02-03-second.md": "---\ntitle: Second\ncomments: false\n---\n## Part\n\nText\n",
    "_drafts/later.md": "---\ntitle: Later\n---\nText\n",
    "about.md": "---\nlayout: page\ntitle: About\npermalink: /about/\n---\nWho\n",
    "_site/about.md": "---\ntitle: Built\n---\n",
}
HUGO = {
    "hugo.toml": 'baseURL = "https://old.example/"\n',
    "content/posts/first-one/index.md": (
        '+++\ntitle = "First: one"\nsubtitle = "Below it"\ndate = 2020-01-02T23:30:00+02:00\ntags = ["ethics", "law"]\n'
        'categories = ["Essays"]\nauthor = "Ann Onym"\naliases = ["/once/"]\ndescription = "Short and good"\nmystery = 1\n'
        '[cover]\nimage = "red.png"\nalt = "Red"\n+++\n'
        "Words[^1] and ![a](red.png).\n\n[^1]: A note.\n\n```ruby\nputs 1\n```\n\n"
        'See [that]({{< relref "../second.md" >}}#part), `{% raw %}`. {{< toc >}}\n\n{{< figure src="red.png" caption="Seen" >}}\n'
    ),
    "content/posts/second.md": "---\ntitle: Second\ndate: 2020-02-03\ncomments: false\n---\n## Part\n\nText\n",
    "content/posts/later.md": "---\ntitle: Later\ndate: 2020-02-03\ndraft: true\n---\nText\n",
    "content/posts/_index.md": "---\ntitle: All\n---\n",
    "content/about.md": "---\ntitle: About\n---\nWho\n",
    "content/search.md": "---\ntitle: Search\nlayout: search\n---\n",
    "themes/x/README.md": "# Theme",
}
PELICAN = {
    "pelicanconf.py": "SITEURL = 'https://old.example'\n",
    "content/first-one.md": (
        "Title: First: one\nSubtitle: Below it\nDate: 2020-01-02 23:30+02:00\nTags: ethics, law\nCategory: Essays\n"
        "Author: Ann Onym\nAlias: /once/\nSummary: Short and\n    good\nSlug: first-one\nMystery: 1\nCover: {static}/images/red.png\n"
        "Cover_alt: Red\n\nWords[^1] and ![a]({static}/images/red.png).\n\n[^1]: A note.\n\n```ruby\nputs 1\n```\n\n"
        "See [that]({filename}second.md#part), `{% raw %}`. {% toc %}\n"
    ),
    "content/second.md": "Title: Second\nDate: 2020-02-03\nComments: false\n\n## Part\n\nText\n",
    "content/later.md": "Title: Later\nDate: 2020-02-03\nStatus: draft\n\nText\n",
    "content/pages/about.md": "Title: About\n\nWho\n",
    "content/note.rst": "Other\n=====\n",
}
SITES = {
    "jekyll": (
        JEKYLL,
        "img/red.png",
        ("/blog/essays/2020/01/02/first-one.html", "/essays/2020/01/02/first-one.html", "/blog/once/"),
        ("/blog/2020/02/03/second.html", "/2020/02/03/second.html"),
    ),
    "hugo": (HUGO, "content/posts/first-one/red.png", ("/posts/first-one/",), ("/posts/second/",)),
    "pelican": (PELICAN, "content/images/red.png", ("/first-one.html",), ("/second.html",)),
}


@pytest.fixture(autouse=True)
def no_picture_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "schedule_fetch", lambda: None)


def write_site(folder: Path, files: dict[str, str], picture: str) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / picture).parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("RGB", (4, 3), "red").save(folder / picture, "PNG")
    return folder


def run(file: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import", "markdown", file, *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("kind", SITES)
def test_a_folder_of_a_static_site_generator_is_imported(tmp_path: Path, client: Client, kind: str) -> None:
    files, picture, old_paths, of_second = SITES[kind]
    folder = write_site(tmp_path / "site", files, picture)
    assert "This was a dry run. Nothing was changed." in run(folder, "--dry-run")
    assert not any(imported_rows().values())
    report = run(folder)
    assert "  2 essays, published" in report
    assert "  1 essay, draft" in report
    assert "  1 page, published" in report
    assert "  1 front matter field\n    mystery" in report
    assert "  1 template tag was left in the text" in report
    assert Essay.objects.count() == 4
    first = Essay.objects.get(slug="first-one")
    image = Image.objects.get()
    assert (first.title, first.deck, first.excerpt) == ("First: one", "Below it", "Short and good")
    assert first.published is not None
    assert first.published.isoformat() == "2020-01-02T21:30:00+00:00"
    assert first.get_absolute_url() == "/2020/01/02/first-one/"
    assert {tag.name for tag in first.tags.all()} == {"ethics", "law", "Essays"}
    assert [author.get_full_name() for author in first.bylines] == ["Ann Onym"]
    assert (first.cover, image.alt) == (image, "Red")
    assert f'<img src="{image.file.url}" alt="a">' in first.body
    assert first.body.count('role="doc-noteref"') == 1
    assert first.import_losses.startswith("1 front matter field: mystery\n1 template tag was left in the text: ")
    assert Essay.objects.get(slug="second").import_losses == ""
    assert '<pre class="language-ruby">puts 1</pre>' in first.body
    assert '<a href="/2020/02/03/second/#part">that</a>, <code>{% raw %}</code>' in first.body
    assert not Discussion.objects.get(essay__slug="second").is_open
    assert Essay.objects.get(slug="later").published is None
    assert Essay.objects.get(kind="page").slug == "about"
    for path in ("/once/", *old_paths):
        assert final_path(client, path) == "/2020/01/02/first-one/"
    for path in of_second:
        assert final_path(client, path) == "/2020/02/03/second/"
    before = imported_rows()
    assert run(folder).startswith("Nothing new in site.")
    assert imported_rows() == before


def test_pictures_of_two_sites_without_an_address_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    for number, color in enumerate(("red", "blue")):
        folder = write_site(
            tmp_path / color,
            {f"{color}.md": f"---\ndate: 2020-01-0{number + 1}\n---\n# {color}\n\n![x](x.png)"},
            "x.png",
        )
        Pillow.new("RGB", (4, 3), color).save(folder / "x.png", "PNG")
        run(folder)
    assert {essay.title: essay.body.count("/media/") for essay in Essay.objects.all()} == {"red": 1, "blue": 1}
    assert Image.objects.count() == 2


def test_what_people_have_in_their_folders_is_imported_or_listed(tmp_path: Path) -> None:
    """One mistake in one file costs no more than that."""
    files = {
        "_config.yml": b"title: Old\npermalink: pretty\n",
        "_posts/2020-01-01-windows.md": b"\xef\xbb\xbf---\r\ntitle: Windows\r\ntags: [yes, 1.10]\r\n---\r\nOne\r\n\r\n* TOC\r\n{:toc}\r\n\r\nTwo\r\n",
        "_posts/2020-01-02-latin.md": "---\ntitle: Café: on “time”\ntags:\n\t- lost\n---\nCaf\xe9 {{ page.url }}{% comment %}not this{% endcomment %}\n".encode("cp1252"),
        "_posts/2020-01-03-nul.md": b'---\ntitle: on\ndescription: "a\\0b"\n---\nx\x00y\n',
        "_posts/2020-01-04-long.md": b"---\ntitle: Long\n---\n" + b"[]*" * 10_000,
        "_posts/2020-01-05-huge.md": b"---\ntitle: Huge\n---\n" + b"x" * 5_300_000,
        "_posts/a/2020-01-06-same.md": b"---\ntitle: Same\n---\nA\n",
        "_posts/b/2020-01-06-same.md": b"---\ntitle: Same\n---\nB\n",
        "_posts/2020-01-07-deep.md": b'{\n"title": "Deep", "x": ' + b"[" * 500 + b"]" * 500 + b"\n}\nDeep\n",
        "_recipes/soup.md": b"---\ntitle: Soup\n---\n",
        "cafe\u0301.png": b"",
        "_posts/2020-01-08-accent.md": "---\ntitle: Accent\n---\n![x](/caf\xe9.png)\n".encode(),
    }  # fmt: skip
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/_posts/2020-01-09-b\xe9.md")).write_text("---\ntitle: Bytes\n---\nText")
    report = run(tmp_path)
    essays = {essay.slug: essay for essay in Essay.objects.all()}
    assert [essay.title for essay in Essay.objects.order_by("published", "slug")] == [
        "Windows", "Café: on “time”", "on", "Same", "Same", "Deep", "Accent", "Bytes",
    ]  # fmt: skip
    assert essays["windows"].body == "<p>One</p><p>Two</p>"
    assert {tag.name for tag in essays["windows"].tags.all()} == {"yes", "1.10"}
    assert essays["latin"].body == "<p>Café {{ page.url }}</p>"
    assert (essays["nul"].excerpt, "\0" in essays["nul"].body) == ("ab", False)
    assert {essays["same"].body, essays["same-2"].body} == {"<p>A</p>", "<p>B</p>"}
    for line in (
        "_posts/2020-01-04-long.md has more than 20,000 formatting characters; split it",
        "_posts/2020-01-05-huge.md is larger than 5 MB",
        "_posts/2020-01-02-latin.md, line 2: title: Café: on “time”",
        "_posts/2020-01-02-latin.md, line 4: invalid YAML (found character that cannot s",
        "_recipes/soup.md",
        "{{ page.url }}",
    ):
        assert f"    {line}" in report
    assert run(tmp_path).startswith("Nothing new in")


@pytest.mark.parametrize(
    ("permalink", "path"),
    [
        ("pretty", "/2020/01/02/one/"),
        ("/:year/:i_month/:title.html", "/2020/1/one.html/"),
        ("/blog/:short_year:y_day/:slug", "/blog/20002/one/"),
        ("/:year/W:week/:title", ""),
    ],
)
def test_a_jekyll_post_has_the_address_of_its_sites_pattern(permalink: str, path: str) -> None:
    post = Post("_posts/2020-01-02-one.md", JEKYLL_SITE, Head(), "")
    assert post.old_paths(permalink) == [path] * bool(path)


@pytest.mark.parametrize(
    ("name", "path"), [("one.md", "/p/one/"), ("one.de.md", "/p/one/"), ("one.fr.md", "/fr/p/one/")]
)
def test_only_other_languages_are_in_hugos_addresses(name: str, path: str) -> None:
    assert Post(f"content/p/{name}", HUGO_SITE, Head(), "").old_paths(language="de") == [path]


def test_the_language_of_hugos_addresses_is_that_of_its_settings(tmp_path: Path, client: Client) -> None:
    (tmp_path / "hugo.toml").write_text('defaultContentLanguage = "de"\n')
    (tmp_path / "content/p").mkdir(parents=True)
    (tmp_path / "content/p/one.de.md").write_text("---\ntitle: One\ndate: 2020-01-02\n---\nText\n")
    run(tmp_path)
    assert final_path(client, "/p/one/") == "/2020/01/02/one/"


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"date": "2020-01-01", "publishdate": "2099-01-01"}, "scheduled"),
        ({"date": "2020-01-01", "publishdate": "2020-02-01", "expirydate": "2099-01-01"}, "published"),
        ({"date": "2020-01-01", "expirydate": "2020-02-01"}, "draft"),
        ({"date": "2020-01-01", "headless": "true"}, "draft"),
    ],
)
def test_what_hugo_did_not_show_is_not_published(fields: dict[str, Value], state: str) -> None:
    post = Post("content/p/one.md", HUGO_SITE, Head(fields), "")
    is_later = post.published is not None and post.published > timezone.now()
    assert ("draft" if post.is_draft else "scheduled" if is_later else "published") == state


def test_pelicans_own_ways_are_read(tmp_path: Path, client: Client) -> None:
    (tmp_path / "pelicanconf.py").write_text("SITEURL = ''\n")
    (tmp_path / "content").mkdir()
    (tmp_path / "content/file name.md").write_text(
        "Title: It’s 50% C++\nDate: 2020-01-02\nCategory: Tools; old\nTags: a; b, c\nAuthors: Ann Onym; Doe, Jo\n\n"
        "    :::python\n    print()\n"
    )
    run(tmp_path)
    essay = Essay.objects.get()
    assert essay.body == '<pre class="language-python">print()</pre>'
    assert {tag.name for tag in essay.tags.all()} == {"Tools; old", "a", "b, c"}
    assert [author.get_full_name() for author in essay.bylines] == ["Ann Onym", "Doe, Jo"]
    assert final_path(client, "/its-50-c.html") == "/2020/01/02/its-50-c/"


def test_attributes_of_a_heading_are_not_part_of_it() -> None:
    text = "## One {#first .big}\n\n### Set {1, 2}\n\n`## Code {#no}`\n"
    assert replace_tags(text, []) == "## One\n\n### Set {1, 2}\n\n`## Code {#no}`\n"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2020-01-02 9:05:00 +0100", "2020-01-02T09:05:00+01:00"),
        ("2020-01-02  9:05  UTC", "2020-01-02T09:05:00+00:00"),
        ("Thu, 02 Jan 2020 09:05:00 +0000", "2020-01-02T09:05:00+00:00"),
        ("2 Jan 2020", "2020-01-02T00:00:00+00:00"),
    ],
)
def test_dates_are_read_as_people_type_them(text: str, meant: str) -> None:
    found = parse_time(text)
    assert found is not None
    assert found.isoformat() == meant


def test_a_date_that_cannot_be_read_is_listed(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content/one.md").write_text("---\ntitle: One\ndate: 31.12.2020\n---\nText\n")
    report = run(tmp_path)
    assert "  1 date that could not be read\n    content/one.md: 31.12.2020\n" in report
    assert "  1 file without a readable date was imported as a draft" in report


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        ('---\ntitle: "A \\"b\\": c" # not this\ntags: [a, "b, c", \'d\'\'e\']\n---\nText', {"title": 'A "b": c', "tags": ["a", "b, c", "d'e"]}),
        ("---\ntitle: It's\n  long\ntags:\n- x\n- y: z\n  w: v\n---\nText", {"title": "It's long", "tags": ["x", {"y": "z", "w": "v"}]}),
        ("---\ntitle: >-\n  two\n  lines\nnothing: ~\ntags: [a,\n  b\n]\n---\nText", {"title": "two lines", "nothing": "", "tags": ["a", "b"]}),
        ('+++\ntitle = "T"\nok = true\n+++\nText', {"title": "T", "ok": "true"}),
        ('{\n"title": "T", "n": [1]\n}\nText', {"title": "T", "n": ["1"]}),
        ("Title: A: b\nDate: 2020-01-02\n\nText", {"title": "A: b", "date": "2020-01-02"}),
        ("---\ntitle: on\ntags: [yes, 010, 1.10, 2020-01-02, null]\nempty: null\n---\nText", {"title": "on", "tags": ["yes", "010", "1.10", "2020-01-02", ""], "empty": ""}),
        ("---\ntitle: !!python/object/apply:os.getcwd []\nok: &a 1\n---\nText", {"title": [], "ok": "1"}),
        ("Note: this is\n\nText", {}),
    ],
)  # fmt: skip
def test_front_matter_is_read(source: str, fields: dict[str, object]) -> None:
    head, text = split(source)
    assert head.fields == fields
    assert not head.unreadable
    assert text.strip().endswith("Text")
    assert bool(fields) != (text == source)


def test_a_mistake_in_front_matter_costs_one_field() -> None:
    bomb = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40))
    head, text = split(f"---\ntitle: A: b\nc: [d\na0: &a0 [x]\n{bomb}deep: {'[' * 10}{']' * 10}\nlast: 1\n---\nText")
    assert head.fields == {"title": "A: b", "a0": ["x"], "last": "1"}
    assert head.as_text == ["line 2: title: A: b"]
    assert head.unreadable[0].startswith("line 4: invalid YAML (")
    assert head.unreadable[1].startswith("line 5: aliases (*name) are not read: a1: &a1")
    assert head.unreadable[-1].startswith("line 44: nested more than 8 levels deep")
    assert text == "Text"
