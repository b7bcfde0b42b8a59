"""What an author has in hand: drafts, scheduled essays, unpublished changes and preview links."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone

from blog import markup
from blog.models import Draft, Essay, PreviewLink, Revision
from blog.writing import drafts
from blog.writing.publishing.changes import find_changed

ROW_LIMIT = 8
MAX_CANDIDATES = 3 * ROW_LIMIT  # essays whose saved text may differ from the published one


class Links(NamedTuple):
    """The preview links of an essay that have not expired."""

    number: int
    expires: datetime


@dataclass
class Row:
    """An essay, or a draft of one that was never saved, as its form opens."""

    title: str
    url: str
    word_count: int
    changed: datetime
    essay: Essay | None = None
    is_changed: bool = False
    links: Links | None = None


@dataclass
class Desk:
    drafts: list[Row] = field(default_factory=list)
    scheduled: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)
    """Essays with preview links that are in no other list."""
    has_more: bool = False


def build_desk(user: Any) -> Desk:
    """Find an author's texts that are not as readers see them; each is in one list only."""
    now = timezone.now()
    mine = with_times(Essay.objects.by_author(user), user)
    unpublished = list(mine.filter(published=None).order_by("-touched", "-pk")[: ROW_LIMIT + 1])
    scheduled = list(mine.filter(published__gt=now).order_by("published")[: ROW_LIMIT + 1])
    live = list(mine.filter(may_be_changed(), published__lte=now).order_by("-touched", "-pk")[:MAX_CANDIDATES])
    found = [*unpublished, *scheduled, *live]
    typed, saved = find_typed(user, found), find_changed(found)
    rows = {each.pk: essay_row(each, typed.get(each.pk), has_changes=each.pk in saved) for each in found}
    never_saved = [draft_row(draft) for draft in drafts.by_author(user, None)[: ROW_LIMIT + 1]]

    desk = Desk()
    all_drafts = [*never_saved, *(rows[each.pk] for each in unpublished)]
    desk.drafts = sorted(all_drafts, key=attrgetter("changed"), reverse=True)
    desk.scheduled = [rows[each.pk] for each in scheduled]
    desk.changed = [rows[each.pk] for each in live if rows[each.pk].is_changed]
    desk.has_more = max(map(len, (desk.drafts, desk.scheduled, desk.changed))) > ROW_LIMIT
    for name in ("drafts", "scheduled", "changed"):
        setattr(desk, name, getattr(desk, name)[:ROW_LIMIT])
    add_links(desk, user)
    return desk


def with_times(essays: Any, user: Any) -> Any:
    """Add when an author typed and saved last in each essay, and what its latest revision is."""
    typed = Draft.objects.filter(essay=OuterRef("pk"), author=user).order_by("-changed")
    revisions = Revision.objects.filter(essay=OuterRef("pk")).order_by("-pk")
    return essays.annotate(
        typed=Subquery(typed.values("changed")[:1]),
        saved=Subquery(revisions.filter(author=user).values("created")[:1]),
        latest_kind=Subquery(revisions.values("kind")[:1]),
        latest_title=Subquery(revisions.values("title")[:1]),
        latest_words=Subquery(revisions.values("word_count")[:1]),
        edited=Greatest("changed", Coalesce(Subquery(revisions.values("created")[:1]), "changed")),
        touched=Greatest("edited", Coalesce("typed", "edited")),
    ).only("title", "published", "word_count", "changed")


def may_be_changed() -> Q:
    """Select essays whose latest revision is not the published one, or in which the author has typed since."""
    is_newer = Q(typed__isnull=False) & (Q(saved=None) | Q(saved__lte=F("typed")))
    return is_newer | Q(latest_kind__isnull=False) & ~Q(latest_kind=Revision.Kind.PUBLISH)


def find_typed(user: Any, essays: Collection[Any]) -> dict[int, Draft]:
    """Return the author's unsaved text of each essay, if it is newer than what they saved last."""
    newer = {each.pk for each in essays if each.typed and not (each.saved and each.saved > each.typed)}
    rows = Draft.objects.filter(author=user, essay__in=newer).order_by("changed", "pk") if newer else ()
    return {row.essay_id: row for row in rows if row.essay_id}


def essay_row(essay: Any, draft: Draft | None, *, has_changes: bool) -> Row:
    """Return an essay's row: with its author's unsaved text if that is newer, because its form opens with it."""
    row = Row(
        title=str(essay),
        url=reverse("admin:blog_essay_change", args=[essay.pk]),
        word_count=essay.word_count,
        changed=essay.edited,
        essay=essay,
        is_changed=has_changes or draft is not None,
    )
    if has_changes:
        row.title, row.word_count = essay.latest_title or row.title, essay.latest_words
    if draft:
        row.title, row.word_count, row.changed = str(draft), markup.count_words(draft.text.body), draft.changed
    return row


def draft_row(draft: Draft) -> Row:
    """Return the row of a draft of an essay that was never saved."""
    url = f"{reverse('admin:blog_essay_add')}?draft={draft.pk}"
    return Row(str(draft), url, markup.count_words(draft.text.body), draft.changed)


def add_links(desk: Desk, user: Any) -> None:
    """Add the preview links in use to the rows of their essays, and rows for the essays that have none yet."""
    links = PreviewLink.objects.unexpired().filter(essay__in=Essay.objects.by_author(user)).order_by()
    counts = links.values("essay", "essay__title").annotate(number=Count("pk"), until=Max("expires")).order_by("until")
    rows = {row.essay.pk: row for row in (*desk.drafts, *desk.scheduled, *desk.changed) if row.essay}
    for each in counts:
        found = Links(each["number"], each["until"])
        if row := rows.get(each["essay"]):
            row.links = found
        elif len(desk.shared) < ROW_LIMIT:
            essay = Essay(pk=each["essay"], title=each["essay__title"])
            url = reverse("admin:blog_essay_change", args=[essay.pk])
            desk.shared.append(Row(str(essay), url, 0, found.expires, essay=essay, links=found))
