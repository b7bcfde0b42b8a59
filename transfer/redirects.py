"""Redirects from the addresses of an old site."""

from collections.abc import Iterable
from urllib.parse import unquote

from blog.models import Essay, Redirect, Series, Tag
from transfer.report import Report

KINDS: dict[type, tuple[str, str]] = {
    Essay: ("essay", "(an essay or page|essays and pages)"),
    Tag: ("tag", "(a tag|tags)"),
    Series: ("series", "series"),
}


def add_redirects(paths: Iterable[str], target: Essay | Tag | Series, report: Report) -> None:
    """Add redirects to an object; report how many, and the paths that already redirect elsewhere."""
    current = unquote(target.get_absolute_url())
    wanted = [path for path in dict.fromkeys(paths) if path != current]
    existing = {row.old_path: row for row in Redirect.objects.filter(old_path__in=wanted)}
    field, kind = KINDS[type(target)]
    new = [Redirect(old_path=path, **{field: target}) for path in wanted if path not in existing]
    Redirect.objects.bulk_create(new)
    report.counts[f"redirect(s) to {kind}"] += len(new)
    for path, old in existing.items():
        if getattr(old, f"{field}_id") != target.pk:
            report.remark("old URL(s) already redirect(s|) elsewhere", path)
