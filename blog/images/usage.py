"""Where an image is used: as a cover, in essays, drafts, revisions, and descriptions of tags, series and authors."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from blog.models import Draft, Essay, Image, Profile, Revision, Series, Tag


class Use(NamedTuple):
    text: str
    address: str  # in the admin
    is_past: bool = False  # only in a revision that is not the latest


def find_uses(image: Image) -> list[Use]:
    """Return all uses of an image or its renditions, whose file names begin like its own."""
    stem = str(image.file).rpartition(".")[0]
    covers = uses_as_cover(image)
    return [
        *covers,
        *uses_in_essays(stem),
        *uses_in_drafts(stem),
        *uses_in_revisions(stem),
        *uses_in_descriptions(stem),
    ]


def is_deletable_by(image: Image, user: Any) -> bool:
    """Return whether the image is unused, or only used in past revisions and the user is an editor."""
    uses = find_uses(image)
    return all(use.is_past for use in uses) and (not uses or user.has_perm("blog.change_others"))


def uses_as_cover(image: Image) -> Iterator[Use]:
    """Yield a use for each essay with this cover."""
    for essay in image.covered_essays.only("title"):
        yield Use(_("cover picture of “%(title)s”") % {"title": essay}, admin_url("essay", essay.pk))


def uses_in_essays(stem: str) -> Iterator[Use]:
    """Yield a use for each essay whose text contains a file name that begins with the stem."""
    for essay in Essay.objects.filter(body__contains=stem).only("title"):
        yield Use(_("in “%(title)s”") % {"title": essay}, admin_url("essay", essay.pk))


def uses_in_drafts(stem: str) -> Iterator[Use]:
    """Yield a use for each unsaved draft that contains a file name that begins with the stem."""
    typed = Draft.objects.annotate(typed=Cast("fields", TextField())).filter(typed__contains=stem)
    for draft in typed.select_related("author"):
        words = _("in unsaved changes by %(who)s to “%(title)s”") % {"who": draft.author, "title": draft}
        yield Use(words, admin_url("essay", draft.essay_id) if draft.essay_id else reverse("admin:blog_essay_add"))


def uses_in_revisions(stem: str) -> Iterator[Use]:
    """Yield a use for each essay: its latest revision with a file name that begins with the stem."""
    found = Revision.objects.filter(body__contains=stem).order_by("-pk").values_list("essay", "essay__title", "pk")
    seen: set[int] = set()
    for essay, title, pk in found:
        if essay in seen:
            continue
        seen.add(essay)
        is_past = Revision.objects.filter(essay=essay, pk__gt=pk).exists()
        words = _("in an earlier revision of “%(title)s”") if is_past else _("in the latest revision of “%(title)s”")
        yield Use(words % {"title": title or _("(no title)")}, reverse("essay-revisions", args=[essay]), is_past)


def uses_in_descriptions(stem: str) -> Iterator[Use]:
    """Yield a use for each tag, series and author whose description contains a file name beginning with the stem."""
    described: list[tuple[Any, Q]] = [
        (Series, Q(description__contains=stem)),
        (Tag, Q(description__contains=stem)),
        (Profile, Q(about__contains=stem) | Q(links__contains=stem)),
    ]
    for model, is_named in described:
        for row in model._default_manager.filter(is_named):
            words = _("in the %(kind)s “%(name)s”") % {"kind": model._meta.verbose_name, "name": row}
            yield Use(words, admin_url(model._meta.model_name, row.pk))


def admin_url(model: str, pk: int) -> str:
    return reverse(f"admin:blog_{model}_change", args=[pk])
