"""The admin of tags, with an action that merges several, and what it shares with that of series."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

import pagecache
from blog import actions
from blog.models import Series, Tag
from blog.slugs import SlugField, unused_slug
from blog.writing.permissions import AdminMixin


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(
        Tag.objects.none(),
        label=_("Tag to keep"),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the tag to keep.")},
    )

    def __init__(self, tags: QuerySet[Tag], *args: Any) -> None:
        super().__init__(*args)
        self.fields["into"].queryset = tags  # type: ignore[attr-defined]


class EssayGroupForm(forms.ModelForm[Any]):
    """A form whose slug may be left empty: it is made from the name, even from one without letters."""

    source, fallback = "name", "tag"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if slug := self.fields.get("slug"):  # missing for users who may only view
            slug.required = False

    def clean(self) -> dict[str, Any]:
        """Make a slug if none was typed."""
        data = super().clean() or self.cleaned_data
        if not data.get("slug") and "slug" not in self.errors:
            others = self._meta.model._default_manager.exclude(pk=self.instance.pk)
            data["slug"] = unused_slug(others, data.get(self.source) or "", otherwise=self.fallback)
        return data


class TagForm(EssayGroupForm):
    def clean_name(self) -> str:
        """Reject the name of another tag in any case, because an essay could not tell the two apart."""
        name: str = self.cleaned_data["name"]
        if Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            words = _("A tag with this name already exists.")
            if self.instance.pk:
                words = _(
                    "A tag with this name already exists. To merge the two, select both in the list of tags and choose"
                    " “Merge selected tags”."
                )
            raise ValidationError(words)
        return name


class EssayGroupMixin(AdminMixin):
    """Mixin for the admin of tags and series, which have essays and public pages."""

    formfield_overrides: ClassVar[dict[Any, Any]] = {models.SlugField: {"form_class": SlugField}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the essays of each row."""
        return super().get_queryset(request).annotate(number=Count("essays"))  # type: ignore[no-any-return]

    @admin.display(description=_("essays"), ordering="number")
    def essay_count(self, group: Any) -> int:
        return int(group.number)

    def save_model(self, request: HttpRequest, obj: Tag | Series, form: Any, change: bool) -> None:
        """Save a tag or a series, and redirect its old address to the new one."""
        actions.save_renamed(obj)

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Tag | Series) -> None:
        super().delete_model(request, obj)
        pagecache.invalidate("site")

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        pagecache.invalidate("site")


@admin.register(Tag)
class TagAdmin(EssayGroupMixin, admin.ModelAdmin[Tag]):
    form = TagForm
    list_display = ("name", "slug", "essay_count")
    search_fields = ("name",)
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    actions = ("merge",)

    def delete_model(self, request: HttpRequest, obj: Tag | Series) -> None:
        actions.delete_tags([cast(Tag, obj)])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> None:
        actions.delete_tags(queryset)

    @admin.action(description=_("Merge selected tags"), permissions=["delete"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Ask which of the selected tags to keep, then merge the others into it."""
        selected = Tag.objects.filter(pk__in=queryset.values("pk"))
        form = MergeForm(selected, request.POST if "merge" in request.POST else None)
        if form.is_valid():
            count = selected.count()
            into = actions.merge_tags(selected, into=form.cleaned_data["into"])
            message = ngettext("%(n)d tag merged into “%(tag)s”.", "%(n)d tags merged into “%(tag)s”.", count)
            self.message_user(request, message % {"n": count, "tag": into}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _t("Merge tags"),
            "opts": self.model._meta,
            "form": form,
            "tags": selected,
            "checkbox": helpers.ACTION_CHECKBOX_NAME,
        }
        return render(request, "admin/blog/tag/merge.html", context, status=422 if form.is_bound else 200)
