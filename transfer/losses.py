"""What an import left out or changed in an essay, kept with it until its author dismisses the list."""

from blog.models import Essay
from transfer.report import Report

MAX_LINES = 100


def store(essay: Essay, report: Report) -> None:
    """Store the losses that an essay's own report names."""
    if lines := report.losses()[:MAX_LINES]:
        essay.import_losses = "\n".join(lines)
        Essay.objects.filter(pk=essay.pk).update(import_losses=essay.import_losses)


def add(essay_pk: int, line: str) -> None:
    """Add a loss that became known after the import."""
    essay = Essay.objects.select_for_update().only("import_losses").filter(pk=essay_pk).first()
    if essay and len(lines := essay.import_losses.splitlines()) < MAX_LINES and line not in lines:
        Essay.objects.filter(pk=essay_pk).update(import_losses="\n".join([*lines, line]))
