"""The first reading of a file: whether it is sound, and what must be known before its first item is written."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from transfer.report import Unreadable
from transfer.wordpress import items, wxr

MOST_ATTACHMENTS = 200_000  # that galleries can ask for


@dataclass
class Attachment:
    """A file of the old site's library."""

    url: str
    alt: str
    caption: str
    parent: str


@dataclass
class Survey:
    file: Path
    channel: wxr.Channel = field(default_factory=wxr.Channel)
    is_mended: bool = False
    attachments: dict[str, Attachment] = field(default_factory=dict)
    offset: timedelta | None = None
    """How far the old site's own time was from UTC, for items that say only that."""

    @property
    def address(self) -> str:
        """The old site's own address, as the file says it."""
        names = ("wp:base_blog_url", "wp:base_site_url", "link")
        return next((self.channel[name] for name in names if self.channel[name]), "")

    @property
    def site(self) -> str:
        """What the old site is known by, whether it was asked by http or https, with www or without."""
        try:
            parts = urlsplit(self.address)
        except ValueError:
            return self.address
        return (parts.netloc.lower().removeprefix("www.") + parts.path).rstrip("/") or self.channel["title"][:100]

    def records(self) -> Iterator[wxr.Record]:
        return wxr.records(self.file, wxr.Channel(), is_mended=self.is_mended)

    def gallery(self, parent: str) -> list[str]:
        """The numbers of what was uploaded to an item."""
        return [number for number, attachment in self.attachments.items() if attachment.parent == parent]


def survey(file: Path) -> Survey:
    """Read the whole file once. Raises Unreadable."""
    try:
        return _read(Survey(file))
    except wxr.NotXml as error:
        try:
            return _read(Survey(file, is_mended=True))
        except Unreadable:
            raise error from None


def _read(found: Survey) -> Survey:
    offsets: Counter[timedelta] = Counter()
    for record in wxr.records(found.file, found.channel, is_mended=found.is_mended, keeps_comments=False):
        if record.name != "item":
            continue
        here, there = items.moment(record["wp:post_date"]), items.moment(record["wp:post_date_gmt"])
        if here and there:
            offsets[here - there] += 1
        is_attachment = record["wp:post_type"] == "attachment" and record["wp:attachment_url"]
        if is_attachment and len(found.attachments) < MOST_ATTACHMENTS:
            meta = items.meta_of(record)
            found.attachments[record["wp:post_id"]] = Attachment(
                url=record["wp:attachment_url"],
                alt=meta.get("_wp_attachment_image_alt", [""])[0],
                caption=record["excerpt:encoded"],
                parent=record["wp:post_parent"],
            )
    if offsets:
        found.offset = offsets.most_common(1)[0][0]
    return found
