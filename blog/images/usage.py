"""Where an image is seen or may be again: texts, unsaved and earlier ones, what is said of tags, series, people."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _

from blog.models import Draft, Essay, Image, Profile, Revision, Series, Tag


class Use(NamedTuple):
    words: str
    address: str  # in the admin
    is_past: bool = False  # only seen again if somebody restores it


def of(image: Image) -> list[Use]:
    """Its smaller forms count too: their names begin like its own."""
    stem = str(image.file).rpartition(".")[0]
    return [*in_texts(stem), *in_unsaved(stem), *in_revisions(stem), *in_descriptions(stem)]


def may_be_deleted(image: Image, user: Any) -> bool:
    """Nobody deletes a picture that is shown; one that only earlier texts have, an editor may."""
    uses = of(image)
    return all(use.is_past for use in uses) and (not uses or user.has_perm("blog.change_others"))


def in_texts(stem: str) -> Iterator[Use]:
    for essay in Essay.objects.filter(body__contains=stem).only("title"):
        yield Use(_("in “%(title)s”") % {"title": essay}, change("essay", essay.pk))


def in_unsaved(stem: str) -> Iterator[Use]:
    typed = Draft.objects.annotate(typed=Cast("fields", TextField())).filter(typed__contains=stem)
    for draft in typed.select_related("author"):
        words = _("in unsaved changes by %(who)s to “%(title)s”") % {"who": draft.author, "title": draft}
        yield Use(words, change("essay", draft.essay_id) if draft.essay_id else reverse("admin:blog_essay_add"))


def in_revisions(stem: str) -> Iterator[Use]:
    """One line for each essay, of its newest text or of those before."""
    found = Revision.objects.filter(body__contains=stem).order_by("-pk").values_list("essay", "essay__title", "pk")
    seen: set[int] = set()
    for essay, title, pk in found:
        if essay in seen:
            continue
        seen.add(essay)
        is_past = Revision.objects.filter(essay=essay, pk__gt=pk).exists()
        words = _("in an earlier revision of “%(title)s”") if is_past else _("in the latest revision of “%(title)s”")
        yield Use(words % {"title": title or _("(no title)")}, reverse("essay-revisions", args=[essay]), is_past)


def in_descriptions(stem: str) -> Iterator[Use]:
    said: list[tuple[Any, Q]] = [
        (Series, Q(description__contains=stem)),
        (Tag, Q(description__contains=stem)),
        (Profile, Q(about__contains=stem) | Q(links__contains=stem)),
    ]
    for model, is_named in said:
        for row in model._default_manager.filter(is_named):
            words = _("in the %(kind)s “%(name)s”") % {"kind": model._meta.verbose_name, "name": row}
            yield Use(words, change(model._meta.model_name, row.pk))


def change(model: str, pk: int) -> str:
    return reverse(f"admin:blog_{model}_change", args=[pk])
