"""Admin pages for the rules, an essay's discussion settings and likes; others are in their own packages."""

import ipaddress
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

import pagecache
from blog.admin import EssayAdmin
from blog.models import Essay
from comments.likes import actions as likes
from comments.models import Bar, Discussion, Like, Rules
from comments.notifications.admin import ReadOnlyAdmin
from comments.screening import block_admin  # noqa: F401  registers its own
from comments.screening.blocks import clean_network
from comments.screening.screening import Sender
from comments.spam import training

SPAM = _("Spam")
MODERATION_FIELDS = (
    "authors_moderate", "moderator_emails", "readers_may_report", "writers_may_appeal", "tombstones_tell",
)  # fmt: skip


@admin.register(Rules)
class RulesAdmin(admin.ModelAdmin[Rules]):
    """The single row of rules; its list redirects to its form."""

    fieldsets = (
        (None, {"fields": ("who_may_comment", "close_after_days", "flood_seconds")}),
        (
            _("Held for moderation"),
            {"fields": ("hold_everything", "hold_first_comment", "hold_links", "hold_words", "hold_quick")},
        ),
        (SPAM, {"fields": ("spam_filter", "spam_hold_at", "spam_mark_at")}),
        (_("Rejected immediately"), {"fields": ("refuse_words",)}),
        (_("Moderators, reports and appeals"), {"fields": MODERATION_FIELDS}),
        (_("Editing comments"), {"fields": ("edit_minutes", "edit_until_answered")}),
        (_("Email notifications"), {"fields": ("readers_may_follow",)}),
        (_("Likes and picks"), {"fields": ("likes", "guests_may_like", "likers", "authors_pick")}),
        (_("Display"), {"fields": ("order", "threads_a_page", "shown_depth")}),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Rules | None = None) -> Any:
        """Show what the spam filter has learned above its settings."""
        knowledge = {"description": training.describe()}
        return [
            (name, {**options, **knowledge} if name == SPAM else options)
            for name, options in super().get_fieldsets(request, obj)
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Redirect to the only row."""
        return redirect("admin:comments_rules_change", 1)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """Show the page's name once; Django would repeat it as that of the row."""
        named = {"title": capfirst(self.opts.verbose_name), "subtitle": None}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **named})

    def save_model(self, request: HttpRequest, obj: Rules, form: Any, change: bool) -> None:
        """Save the only row and invalidate all pages."""
        obj.pk = 1
        super().save_model(request, obj, form, change)
        pagecache.invalidate("site")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rules | None = None) -> bool:
        return False


class DiscussionForm(forms.ModelForm[Discussion]):
    def validate_unique(self) -> None:
        """Skip the check: the first comment may have created the row since the form was opened."""


class DiscussionFormSet(forms.BaseInlineFormSet[Discussion, Essay, forms.ModelForm[Discussion]]):
    def get_queryset(self) -> QuerySet[Discussion]:
        """Return the essay's row, and keep it on the essay: the page needs it for more than the settings."""
        rows = super().get_queryset()
        if self.instance.pk:
            self.instance.discussion = next(iter(rows), None) or Discussion()
        return rows

    def save_new(self, form: forms.ModelForm[Discussion], commit: bool = True) -> Discussion:
        """Save the changed settings of an essay whose row may have been created since."""
        form.instance.essay = self.instance
        return self.save_existing(form, form.instance)

    def save_existing(self, form: forms.ModelForm[Discussion], obj: Discussion, commit: bool = True) -> Discussion:
        """Save only the changed settings, not the counts in the same row."""
        Discussion.objects.save_settings(self.instance, **{name: form.cleaned_data[name] for name in form.changed_data})
        return obj


class DiscussionInline(admin.StackedInline[Discussion, Essay]):
    model = Discussion
    form = DiscussionForm
    formset = DiscussionFormSet
    fields = (
        "is_open", "own_close_after_days", "own_order", "own_threads_a_page", "own_shown_depth", "may_be_liked",
    )  # fmt: skip
    can_delete = False
    classes = ("collapse",)
    min_num = max_num = 1

    def get_formset(self, request: HttpRequest, obj: Essay | None = None, **kwargs: Any) -> Any:
        """Name the site's values in the help texts."""
        return super().get_formset(request, obj, **kwargs, help_texts=help_texts(Rules.objects.current()))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Label the empty choice “site setting”."""
        kwargs["choices"] = db_field.get_choices(blank_choice=[("", _("site setting"))])
        return super().formfield_for_choice_field(db_field, request, **kwargs)


def help_texts(rules: Rules) -> dict[str, str]:
    """Return the help texts of an essay's settings, with the site's values used where they are empty."""
    after = (
        ngettext(
            "Leave empty to use the site setting (%(count)d day).",
            "Leave empty to use the site setting (%(count)d days).",
            rules.close_after_days,
        )
        % {"count": rules.close_after_days}
        if rules.close_after_days
        else gettext("Leave empty to use the site setting (never).")
    )
    site_setting = gettext("Leave empty to use the site setting (%(value)s).")
    levels, threads, order = (
        site_setting % {"value": value}
        for value in (rules.shown_depth, rules.threads_a_page, rules.get_order_display())
    )
    site_likes = gettext("Likes are on for the site.") if rules.likes else gettext("Likes are off for the whole site.")
    return {
        "is_open": gettext("If off, existing comments stay but no new ones are accepted."),
        "own_close_after_days": f"{gettext('Days after publication; 0 = never.')} {after}",
        "own_order": f"{gettext('Readers can choose a different order.')} {order}",
        "own_threads_a_page": f"{gettext('1 to 200.')} {threads}",
        "own_shown_depth": f"{gettext('2 to 10. Deeper replies are shown at the last level.')} {levels}",
        "may_be_liked": f"{gettext('For this essay and its comments.')} {site_likes}",
    }


EssayAdmin.inlines = (*EssayAdmin.inlines, DiscussionInline)


@admin.register(Like)
class LikeAdmin(ReadOnlyAdmin):
    """Readers' likes, which can only be removed here."""

    list_display = ("who", "what", "network", "created")
    list_display_links = None
    list_select_related = ("commenter", "essay", "comment__commenter", "comment__essay")
    search_fields = ("commenter__name", "commenter__email", "network", "essay__title", "comment__essay__title")
    ordering = ("-pk",)
    actions = ("remove", "remove_and_bar")

    @admin.display(description=_("liked by"), ordering="commenter__name")
    def who(self, like: Like) -> str:
        """The column with the person who likes."""
        return str(like.commenter) or gettext("a guest")

    @admin.display(description=_("liked item"))
    def what(self, like: Like) -> str:
        """The column with the liked essay or comment."""
        if like.comment is None:
            return str(like.essay)
        text = gettext("Comment by %(name)s on “%(title)s”")
        return text % {"name": like.comment.commenter, "title": like.comment.essay}

    @admin.action(description=_("Remove selected likes"), permissions=["delete"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Like]) -> None:
        self.show_count(request, likes.remove(queryset.values_list("pk", flat=True)))

    @admin.action(description=_("Remove selected likes and block these people from liking"), permissions=["delete"])
    def remove_and_bar(self, request: HttpRequest, queryset: QuerySet[Like]) -> None:
        """Remove the selected likes, and block the people and guests' IP networks from liking."""
        self.show_count(request, likes.remove(queryset.values_list("pk", flat=True), bar=True))

    def show_count(self, request: HttpRequest, count: int) -> None:
        """Tell the owner how many likes were removed."""
        self.notify(request, ngettext("%(count)d like removed.", "%(count)d likes removed.", count), count)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave out the built-in deletion, which would not update the counts."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def delete_model(self, request: HttpRequest, obj: Like) -> None:
        """Delete a like and reduce the stored count."""
        likes.remove([obj.pk])


class BarForm(forms.ModelForm[Bar]):
    class Meta:
        model = Bar
        fields = ("commenter", "network")
        help_texts: ClassVar = {
            "network": _("Likes are stored with their network only: 203.0.113.7 becomes 203.0.113.0/24.")
        }

    def clean_network(self) -> str:
        """Return the network that likes from an address have, which a bar must equal."""
        text = clean_network(self.cleaned_data["network"])
        if not text:
            return ""
        network = ipaddress.ip_network(text)
        stored = Sender(str(network.network_address)).network
        if (bits := ipaddress.ip_network(stored).prefixlen) > network.prefixlen:
            message = _("%(network)s is too large. The largest network you can enter is a /%(bits)d.")
            raise forms.ValidationError(message % {"network": network, "bits": bits})
        if Bar.objects.filter(network=stored).exists():
            raise forms.ValidationError(_("%(network)s is already in the list.") % {"network": stored})
        return stored

    def clean(self) -> dict[str, Any]:
        """Require exactly one of person and network."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("commenter")) == bool(cleaned.get("network")) and not self.errors:
            self.add_error("commenter", _("Fill in only one: person or IP network."))
        return cleaned


@admin.register(Bar)
class BarAdmin(admin.ModelAdmin[Bar]):
    """People and networks who may not like; deleting a row allows it again."""

    form = BarForm
    list_display = ("__str__", "network", "created")
    list_select_related = ("commenter",)
    search_fields = ("commenter__name", "commenter__email", "network")
    raw_id_fields = ("commenter",)

    def has_change_permission(self, request: HttpRequest, obj: Bar | None = None) -> bool:
        return False
