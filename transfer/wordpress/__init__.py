"""Import of WordPress exports (WXR 1.0 to 1.2): essays, pages and their comments."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import User
from blog.models import Image
from transfer import pictures
from transfer.authors import Authors
from transfer.models import WantedPicture
from transfer.report import Report
from transfer.wordpress import items
from transfer.wordpress.discussion import CommentImporter
from transfer.wordpress.essays import KINDS, EssayImporter
from transfer.wordpress.survey import Survey, survey_file
from transfer.wordpress.terms import Terms
from transfer.wordpress.wxr import Record

OMITTED_TYPES = {"nav_menu_item": "menu item(s)", "revision": "revision(s)", "wp_block": "block pattern(s)"}


class WordPressExport:
    """An export, read once to check that it is valid; `import_items` reads it again and imports it item by item."""

    picture_source = None
    links_quotations = False

    def __init__(self, file: Path) -> None:
        self.survey: Survey = survey_file(file)
        self.origin = f"wordpress:{self.survey.site}"[:200]

    def import_items(self, report: Report, credited: Mapping[str, User]) -> Iterator[None]:
        """Import authors, terms, posts, comments and the media library, and report them."""
        offset = self.survey.offset
        if offset is None:
            offset = timezone.localtime().utcoffset() or timedelta()
        authors = Authors(self.origin, report, credited)
        terms = Terms(report)
        essays = EssayImporter(self.survey, self.origin, authors, terms, report)
        discussion = CommentImporter(authors, report, links_quotations=self.links_quotations)
        for record in self.survey.records():
            if record.name == "wp:author":
                login, email = record["wp:author_login"], record["wp:author_email"]
                if login:
                    authors.get_or_create(login, record["wp:author_display_name"], email)
                    essays.add_author(login, record["wp:author_display_name"])
                    discussion.add_author(record["wp:author_id"], email, login)
            elif record.name != "item":
                terms.add_term(record)
            elif record["wp:post_type"] in KINDS:
                essay = essays.import_item(record, offset)
                if essay:
                    yield from discussion.import_comments(essay, record, offset)
                else:
                    report_omitted_comments(record, report)
            else:
                if record["wp:post_type"] == "attachment":
                    import_attachment(record, report)
                else:
                    kind = record["wp:post_type"]
                    report.omit(OMITTED_TYPES.get(kind, f"item(s) of type “{kind[:30]}”"))
                report_omitted_comments(record, report)
            yield
        if self.survey.channel.repair_count:
            report.remark("XML error(s) in the file (was|were) corrected", count=self.survey.channel.repair_count)


def report_omitted_comments(item: Record, report: Report) -> None:
    """Report the comments of an item that is not imported."""
    if item.comments:
        report.omit("comment(s) on items that were not imported", count=len(item.comments))


def import_attachment(item: Record, report: Report) -> None:
    """Register a picture of the media library to be fetched, unless it was imported before."""
    address = pictures.full_size_address(item["wp:attachment_url"], "")
    if not address or not pictures.may_be_picture(address):
        report.omit("media library file(s) that (is not a picture|are not pictures)", item["wp:attachment_url"])
    elif (
        Image.objects.filter(source=address).exists()
        or WantedPicture.objects.filter(address=address, essay=None).exists()
    ):
        report.unchanged["picture(s) in the media library"] += 1
    else:
        alt = next(iter(items.custom_fields(item).get("_wp_attachment_image_alt", [])), "")
        WantedPicture.objects.create(address=address, alt=" ".join(alt.split())[:500])
