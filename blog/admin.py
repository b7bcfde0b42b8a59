"""The admin of essays, redirects and the site's settings."""

from typing import Any, ClassVar
from urllib.parse import unquote

from csp.constants import NONCE
from csp.decorators import csp_update
from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from js_asset.media import Media

import pagecache
from accounts.models import User
from blog import actions
from blog.editor.widget import EssayEditor
from blog.images.cover_field import CoverField
from blog.metadata import LARGE_ENOUGH
from blog.models import MENU_LIMIT, RESERVED_SLUGS, Authorship, Essay, Image, Redirect, Site
from blog.slugs import SlugField
from blog.typesetting import typeset_again
from blog.writing import image_admin, series_admin, tag_admin  # noqa: F401 – they register
from blog.writing.fieldsets import EDITOR_FIELDS
from blog.writing.form import WritingForm
from blog.writing.lists.changelist import ListMixin
from blog.writing.permissions import FixedRowsMixin, OwnObjectsOnlyMixin
from blog.writing.publishing.admin import PublishingMixin
from blog.writing.saving import WritingMixin
from blog.writing.term_fields import SeriesField, TagsField
from blog.writing.time_zones import TimeZoneSelect


@admin.register(Site)
class SiteAdmin(FixedRowsMixin, admin.ModelAdmin[Site]):
    """The site's settings: one row, so its list redirects to its form."""

    def get_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        """Return the form's fields, without the language while there is only one to choose."""
        language = ("language",) if len(settings.SITE_LANGUAGES) > 1 else ()
        reading = ("essays_per_page", "show_covers", "formulas", "public_versions")
        return ("name", "tagline", *language, "time_zone", *reading, "public_record")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **more: Any) -> Any:
        """Offer the languages and time zones to choose from."""
        if db_field.name == "language":
            return forms.ChoiceField(label=_("Language"), choices=settings.SITE_LANGUAGES)
        if db_field.name == "time_zone":
            more["widget"] = TimeZoneSelect()
        return super().formfield_for_dbfield(db_field, request, **more)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the form of the only row."""
        Site.objects.get_or_create(pk=1)
        return redirect("admin:blog_site_change", 1)

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Save the only row and invalidate all pages."""
        obj.pk = 1
        super().save_model(request, obj, form, change)
        pagecache.invalidate("site", "comments")
        if "formulas" in form.changed_data:
            typeset_again.enqueue()


SETTINGS_FIELDS = ("cover", "series", "series_position", *EDITOR_FIELDS, "language", "translation_of", "canonical")


class EssayForm(WritingForm):
    cover = CoverField()
    tags = TagsField()
    series = SeriesField()
    canonical = forms.URLField(
        label=_("Canonical URL"),
        help_text=Essay._meta.get_field("canonical").help_text,
        required=False,
        max_length=500,
        assume_scheme="https",
    )

    class Meta:
        model = Essay
        fields = ("kind", "title", "slug", "deck", "body", "excerpt", "tags", *SETTINGS_FIELDS)
        field_classes = {"slug": SlugField}
        widgets = {
            # These two grow with their text.
            "title": forms.Textarea(attrs={"rows": 1, "class": "vLargeTextField", "placeholder": _("Title")}),
            "deck": forms.Textarea(attrs={"rows": 1, "class": "vLargeTextField", "placeholder": _("Subtitle")}),
            "body": EssayEditor(attrs={"rows": 30, "class": "vLargeTextField"}),
            "excerpt": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and "title" in self.fields:
            self.fields["title"].widget.attrs["autofocus"] = True
        if slug := self.fields.get("slug"):  # missing for users who may only view
            slug.required = False
            slug.help_text = _("The last part of the URL. Leave empty to create it from the title.")
        if order := self.fields.get("menu_order"):
            order.required = False

    def clean_cover(self) -> Image | None:
        """Reject a newly chosen picture that is too small for preview cards."""
        chosen: Image | None = self.cleaned_data["cover"]
        width, height = LARGE_ENOUGH
        if chosen and "cover" in self.changed_data and (chosen.width < width or chosen.height < height):
            message = _("Choose a picture that is at least %(width)s pixels wide and %(height)s pixels high.")
            raise ValidationError(message, params={"width": width, "height": height})
        return chosen

    def clean_menu_order(self) -> int:
        """Return 0 for an empty field."""
        return self.cleaned_data["menu_order"] or 0

    def clean(self) -> dict[str, Any]:
        """Check the slug and the menu, and create a slug from the title if there is none."""
        data = super().clean() or self.cleaned_data
        slug, kind = data.get("slug"), data.get("kind")
        if slug and kind == Essay.Kind.PAGE and (slug in RESERVED_SLUGS or slug.isdigit()):
            self.add_error("slug", ValidationError(_("This slug is reserved. Choose another one.")))
        if data.get("is_in_menu") and (problem := self.menu_error(kind)):
            self.add_error("is_in_menu", problem)
        if not slug:  # also where the kind is wrong, because the page that says so needs an address
            draft = Essay(pk=self.instance.pk, kind=kind or self.instance.kind)
            data["slug"] = actions.free_slug(draft, data.get("title") or "")
        return data

    def menu_error(self, kind: str | None) -> Any:
        """Return a message that says why this cannot be in the menu, or ""."""
        if kind == Essay.Kind.ESSAY:
            return _("Only pages can be shown in the menu. Clear this checkbox, or choose the type “page”.")
        if Essay.objects.in_menu().exclude(pk=self.instance.pk).count() >= MENU_LIMIT:
            limit = {"limit": MENU_LIMIT}
            return _("The menu already has %(limit)d pages. Remove one of them from the menu first.") % limit
        return ""


class AuthorshipFormSet(forms.BaseInlineFormSet[Authorship, Essay, Any]):
    def add_fields(self, form: Any, index: int | None) -> None:
        """Label the checkbox that deletes a row for screen readers."""
        super().add_fields(form, index)
        if box := form.fields.get("DELETE"):
            box.widget.attrs["aria-label"] = box.label

    def clean(self) -> None:
        """Keep an author: an essay without one could be found only by editors."""
        super().clean()
        if self.deleted_forms and not any(
            form.cleaned_data.get("author") for form in self.forms if form not in self.deleted_forms
        ):
            raise ValidationError(
                _("An essay needs at least one author. Add another author before you delete this one.")
            )

    def get_unique_error_message(self, unique_check: Any) -> Any:
        return _("Each author can be listed only once.")

    def get_form_error(self) -> Any:
        return _("This author is listed twice.")


class AuthorshipInline(admin.TabularInline[Authorship, Essay]):
    model = Authorship
    formset = AuthorshipFormSet
    extra = 0
    fields = ("author", "position")
    classes = ("collapse",)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **more: Any) -> Any:
        """Offer only staff members, not all users."""
        if db_field.name == "author":
            more["queryset"] = User.objects.filter(is_staff=True).order_by("name", "username")
        return super().formfield_for_foreignkey(db_field, request, **more)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **more: Any) -> Any:
        """Label each control for screen readers, which do not read a table's heading with it."""
        field = super().formfield_for_dbfield(db_field, request, **more)
        widget: Any = field and field.widget
        if widget:
            getattr(widget, "widget", widget).attrs["aria-label"] = field.label  # type: ignore[union-attr]
        return field


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("published", _("published")), ("scheduled", _("scheduled")), ("draft", _("draft"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Essay]) -> QuerySet[Essay]:
        now = timezone.now()
        published = {"published": Q(published__lte=now), "scheduled": Q(published__gt=now), "draft": Q(published=None)}
        return queryset.filter(published.get(self.value() or "", Q()))


@admin.register(Essay)
class EssayAdmin(ListMixin, WritingMixin, PublishingMixin, OwnObjectsOnlyMixin, admin.ModelAdmin[Essay]):
    form = EssayForm
    inlines: ClassVar[Any] = (AuthorshipInline,)  # comments adds its own
    list_display = ("headline", "kind", "state", "date", "by")
    list_filter = (StatusFilter, "kind", "tags", ("authors", admin.RelatedOnlyFieldListFilter))
    search_fields = ("title", "deck", "body", "slug")
    date_hierarchy = "published"
    autocomplete_fields = ("translation_of",)

    @method_decorator(csp_update({"script-src": [NONCE]}))
    def changeform_view(self, request: HttpRequest, *args: Any, **more: Any) -> Any:
        """Allow one inline script by nonce, on this page only: the editor's import map."""
        return super().changeform_view(request, *args, **more)

    def render_change_form(self, request: Any, context: dict[str, Any], *args: Any, **more: Any) -> HttpResponse:
        """Give the form's scripts the nonce of the response."""
        context["media"] = Media.from_media(context["media"], nonce=str(request.csp_nonce))
        return super().render_change_form(request, context, *args, **more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Essay]:
        """Fetch the authors with the essays."""
        return super().get_queryset(request).with_authors()  # type: ignore[attr-defined, no-any-return]

    @admin.display(description=_("status"))
    def state(self, essay: Essay) -> str:
        """Return draft, scheduled or published, and mark changes that readers do not see yet."""
        if essay.published is None:
            return str(_("draft"))
        status = _("published") if essay.is_published else _("scheduled")
        if not getattr(essay, "has_changes", False):
            return str(status)
        return format_html('{} · <span class="has-changes">{}</span>', status, _("unpublished changes"))

    @admin.display(description=_("authors"))
    def by(self, essay: Essay) -> str:
        """Return the authors' names, separated by commas."""
        return ", ".join(str(author) for author in essay.bylines)

    def view_on_site(self, obj: Essay) -> str | None:
        """Return the address only if readers can open it."""
        return obj.get_absolute_url() if obj.is_published else None

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Require no permission to delete its comments and their decisions: that to delete an essay includes them."""
        to_delete, counts, _needed, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    def delete_model(self, request: HttpRequest, obj: Essay) -> None:
        actions.delete(obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Essay]) -> None:
        for essay in queryset:
            actions.delete(essay)


class RedirectForm(forms.ModelForm[Redirect]):
    class Meta:
        model = Redirect
        fields = ("old_path", "essay", "tag", "series")

    def clean_old_path(self) -> str:
        """Return the decoded path from a typed path, or from a full URL of this site copied from a browser.

        Browsers send no fragment.
        """
        old = unquote(str(self.cleaned_data["old_path"]).removeprefix(settings.SITE_URL).partition("#")[0])
        if not old.startswith("/"):
            raise ValidationError(_("Enter a path that starts with a slash, such as /2019/an-essay/."))
        return old

    def clean(self) -> dict[str, Any]:
        """Require exactly one target."""
        cleaned = super().clean() or {}
        targets = ("essay", "tag", "series")
        if len([name for name in targets if cleaned.get(name)]) != 1 and self.errors.keys().isdisjoint(targets):
            self.add_error("essay", _("Choose only one: essay, tag or series."))
        return cleaned


@admin.register(Redirect)
class RedirectAdmin(admin.ModelAdmin[Redirect]):
    form = RedirectForm
    list_display = ("old_path", "target_url")
    search_fields = ("old_path",)
    autocomplete_fields = ("essay", "tag", "series")
    list_select_related = ("essay", "tag", "series")

    @admin.display(description=_("redirects to"))
    def target_url(self, row: Redirect) -> str:
        return row.get_absolute_url()
