"""Redirects from the addresses of an old site."""

from collections.abc import Iterable
from urllib.parse import unquote

from blog.models import Essay, Redirect, Tag
from transfer.report import Report


def add_redirects(paths: Iterable[str], target: Essay | Tag, report: Report) -> None:
    """Add redirects to an object; report how many, and the paths that already redirect elsewhere."""
    current = unquote(target.get_absolute_url())
    wanted = [path for path in dict.fromkeys(paths) if path != current]
    existing = {row.old_path: row for row in Redirect.objects.filter(old_path__in=wanted)}
    is_essay = isinstance(target, Essay)
    field, kind = ("essay", "(an essay or page|essays and pages)") if is_essay else ("tag", "(a tag|tags)")
    new = [Redirect(old_path=path, **{field: target}) for path in wanted if path not in existing]
    Redirect.objects.bulk_create(new)
    report.counts[f"redirect(s) to {kind}"] += len(new)
    for path, old in existing.items():
        if getattr(old, f"{field}_id") != target.pk:
            report.remark("old URL(s) already redirect(s|) elsewhere", path)
