"""Import of WordPress exports (WXR 1.0 to 1.2): essays, pages and their comments."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from accounts.models import User
from transfer.authors import Authors
from transfer.report import Report
from transfer.wordpress.discussion import Discussion
from transfer.wordpress.essays import KINDS, Essays
from transfer.wordpress.library import Library
from transfer.wordpress.survey import Survey, survey
from transfer.wordpress.terms import Terms
from transfer.wordpress.wxr import Record

OMITTED_TYPES = {
    "nav_menu_item": "menu item(s)",
    "revision": "revision(s)",
    "wp_block": "block pattern(s)",
}


class WordPress:
    """An export, read once to check that it is valid; `write` reads it again and imports it item by item."""

    def __init__(self, file: Path) -> None:
        self.survey: Survey = survey(file)
        self.origin = f"wordpress:{self.survey.site}"[:200]

    def write(self, report: Report, credited: Mapping[str, User]) -> None:
        offset = self.survey.offset
        if offset is None:
            offset = timezone.localtime().utcoffset() or timedelta()
        authors = Authors(self.origin, report, credited)
        terms = Terms(report)
        essays = Essays(self.survey, self.origin, authors, terms, report)
        discussion = Discussion(authors, report)
        library = Library(report)
        for record in self.survey.records():
            if record.name == "wp:author":
                login, email = record["wp:author_login"], record["wp:author_email"]
                if login:
                    authors.of(login, record["wp:author_display_name"], email)
                    essays.knows(login, record["wp:author_display_name"])
                    discussion.knows(record["wp:author_id"], email, login)
            elif record.name != "item":
                terms.declared(record)
            elif record["wp:post_type"] in KINDS:
                essay = essays.bring(record, offset)
                if essay:
                    discussion.bring(essay, record, offset)
                else:
                    omit_comments(record, report)
            else:
                if record["wp:post_type"] == "attachment":
                    library.bring(record)
                else:
                    kind = record["wp:post_type"]
                    report.leave_out(OMITTED_TYPES.get(kind, f"item(s) of type “{kind[:30]}”"))
                omit_comments(record, report)
        if self.survey.channel.mended:
            report.remark("XML error(s) in the file (was|were) corrected", count=self.survey.channel.mended)


def omit_comments(item: Record, report: Report) -> None:
    if item.comments:
        report.leave_out("comment(s) on items that were not imported", count=len(item.comments))
