"""WordPress exports written by tests, with only what a test needs; and helpers to check an import."""

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from blog.models import Essay, Redirect, Tag
from comments.models import AuthorAnswer, Comment, Discussion, Passage, Wording
from transfer.models import ImportedAuthor, ImportedComment, WantedPicture

FIXTURES = Path(__file__).with_name("fixtures")
SHARED = Path(__file__).resolve().parents[3] / "shared/data"

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/{version}/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/{version}/">
<channel><title>The Old Blog</title><link>{site}</link>
<wp:wxr_version>{version}</wp:wxr_version><wp:base_blog_url>{site}</wp:base_blog_url>
"""


def export(*parts: str, version: str = "1.2", site: str = "https://old.example") -> str:
    return HEAD.format(version=version, site=site) + "\n".join(parts) + "\n</channel></rss>\n"


def cdata(text: Any) -> str:
    return f"<![CDATA[{str(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def element(name: str, text: Any) -> str:
    return f"<{name}>{cdata(text)}</{name}>"


def author(login: str, *, number: int = 1, name: str = "", email: str = "") -> str:
    return "<wp:author>{}</wp:author>".format(
        element("wp:author_id", number)
        + element("wp:author_login", login)
        + element("wp:author_email", email)
        + element("wp:author_display_name", name)
    )


def item(
    number: int = 1,
    *inside: str,
    title: str = "A title",
    body: str = "Words.",
    meta: Sequence[tuple[str, str]] = (),
    **fields: Any,
) -> str:
    """`fields` have the export's names (`post_type`, `status`, `post_date_gmt`); a feed's are `link` and `creator`."""
    fields = {
        "post_type": "post", "status": "publish", "post_name": f"post-{number}", "comment_status": "open",
        "post_date": "2020-01-02 12:00:00", "post_date_gmt": "2020-01-02 11:00:00",
    } | fields  # fmt: skip
    name = fields["post_name"]
    feed = {
        "title": title,
        "link": fields.pop("link", f"https://old.example/2020/01/02/{name}/"),
        "dc:creator": fields.pop("creator", "vera"),
        "content:encoded": body,
        "excerpt:encoded": fields.pop("excerpt", ""),
        "pubDate": fields.pop("pub_date", ""),
    }
    texts = [element(key, text) for key, text in feed.items()]
    texts += [element("wp:post_id", number)]
    texts += [element(f"wp:{key}", text) for key, text in fields.items()]
    texts += [
        f"<wp:postmeta>{element('wp:meta_key', key)}{element('wp:meta_value', value)}</wp:postmeta>"
        for key, value in meta
    ]
    return f"<item>{''.join(texts)}{''.join(inside)}</item>"


def term(domain: str, slug: str, name: str) -> str:
    return f'<category domain="{domain}" nicename="{slug}">{cdata(name)}</category>'


def comment(number: int, text: str = "", *, to: int = 0, approved: str = "1", **fields: Any) -> str:
    hour, minute = divmod(number % 1440, 60)
    fields = {
        "author": "Tom", "author_email": "tom@example.org", "author_url": "", "type": "comment", "user_id": 0,
        "date_gmt": f"2020-02-03 {hour:02}:{minute:02}:00",
    } | fields  # fmt: skip
    texts = [element(f"wp:comment_{key}", value) for key, value in fields.items()]
    texts += [
        element("wp:comment_id", number),
        element("wp:comment_parent", to),
        element("wp:comment_approved", approved),
        element("wp:comment_content", text or f"Words {number}"),
    ]
    return f"<wp:comment>{''.join(texts)}</wp:comment>"


def import_file(file: Path, *options: str) -> str:
    """Run the command and return its output."""
    out = StringIO()
    call_command("import", "wordpress", str(file), *options, stdout=out)
    return out.getvalue()


def import_text(folder: Path, text: str, *options: str) -> str:
    file = folder / "export.xml"
    file.write_text(text)
    return import_file(file, *options)


def imported_rows() -> dict[str, list[Any]]:
    """Return everything that an import can write, for comparison."""
    tables = (
        Essay, Tag, Redirect, Comment, Wording, Discussion, Passage, AuthorAnswer, ImportedAuthor, ImportedComment,
        WantedPicture,
    )  # fmt: skip
    return {table.__name__: list(table.objects.order_by("pk").values_list()) for table in tables}


def essay(number: int, site: str = "old.example") -> Essay:
    return Essay.objects.get(source=f"wordpress:{site}?p={number}")


def final_path(client: Client, address: str) -> str:
    """Return the path where a reader arrives from an old address, in at most two steps."""
    for _ in range(3):
        answer = client.get(address)
        if answer.status_code == 200:
            return address
        assert answer.status_code == 301, (address, answer.status_code)
        address = answer.headers["Location"]
    raise AssertionError(address)
