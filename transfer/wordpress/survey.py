"""The first reading of an export: whether it is valid, and what is needed before its first item is imported."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from transfer.report import Unreadable
from transfer.wordpress import items, wxr

MAX_ATTACHMENTS = 200_000  # for galleries


@dataclass
class Attachment:
    """A file in the old site's media library."""

    url: str
    alt: str
    caption: str
    parent: str


@dataclass
class Survey:
    file: Path
    channel: wxr.Channel = field(default_factory=wxr.Channel)
    is_repaired: bool = False
    attachments: dict[str, Attachment] = field(default_factory=dict)
    offset: timedelta | None = None
    """The old site's offset from UTC, for items with only a local time."""

    @property
    def address(self) -> str:
        """The old site's address as given in the file."""
        names = ("wp:base_blog_url", "wp:base_site_url", "link")
        return next((self.channel[name] for name in names if self.channel[name]), "")

    @property
    def site(self) -> str:
        """The name of the old site, the same with http or https and with or without www."""
        try:
            parts = urlsplit(self.address)
        except ValueError:
            return self.address
        return (parts.netloc.lower().removeprefix("www.") + parts.path).rstrip("/") or self.channel["title"][:100]

    def records(self) -> Iterator[wxr.Record]:
        """Read the file again, record by record."""
        return wxr.records(self.file, wxr.Channel(), is_repaired=self.is_repaired)

    def gallery_numbers(self, parent: str) -> list[str]:
        """Return the numbers of the files uploaded to an item."""
        return [number for number, attachment in self.attachments.items() if attachment.parent == parent]


def survey_file(file: Path) -> Survey:
    """Read the whole file once. Raises Unreadable."""
    try:
        return _survey(Survey(file))
    except wxr.NotXml as error:
        try:
            return _survey(Survey(file, is_repaired=True))
        except Unreadable:
            raise error from None


def _survey(found: Survey) -> Survey:
    """Read the whole file, set its attachments and the old site's time offset, and return it."""
    offsets: Counter[timedelta] = Counter()
    for record in wxr.records(found.file, found.channel, is_repaired=found.is_repaired, keeps_comments=False):
        if record.name != "item":
            continue
        local, utc = items.parse_time(record["wp:post_date"]), items.parse_time(record["wp:post_date_gmt"])
        if local and utc:
            offsets[local - utc] += 1
        is_attachment = record["wp:post_type"] == "attachment" and record["wp:attachment_url"]
        if is_attachment and len(found.attachments) < MAX_ATTACHMENTS:
            meta = items.custom_fields(record)
            found.attachments[record["wp:post_id"]] = Attachment(
                url=record["wp:attachment_url"],
                alt=meta.get("_wp_attachment_image_alt", [""])[0],
                caption=record["excerpt:encoded"],
                parent=record["wp:post_parent"],
            )
    if offsets:
        found.offset = offsets.most_common(1)[0][0]
    return found
