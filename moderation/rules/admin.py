"""The owner's rules in the admin, with a dry run on the last comments and statistics of past decisions."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments.models import Condition, Rule
from comments.screening import rules_engine, rules_in_words
from comments.screening.conditions import HELP
from comments.screening.rule_forms import DRY_RUN, ConditionForm, ConditionFormSet, RuleForm
from moderation.insights.rule_stats import RuleRecord, load_records
from moderation.list_columns import LabeledRowForm
from moderation.rules import dry_run_in_words
from moderation.rules.dry_run import DryRun


class ConditionInline(admin.TabularInline[Condition, Rule]):
    model = Condition
    form = ConditionForm
    formset = ConditionFormSet  # type: ignore[assignment]
    fields = ("is_not", "kind", "value", "stopped_in_words")
    readonly_fields = ("stopped_in_words",)
    extra = 1

    @admin.display(description=gettext_lazy("timeouts"))
    def stopped_in_words(self, condition: Condition) -> str:
        """Return how often a condition's pattern timed out and therefore did not match, or a dash."""
        if not condition.stops or condition.stopped is None:
            return "–"
        words = ngettext(
            "Timed out %(count)d time, last on %(date)s, and did not match. Make the pattern more specific.",
            "Timed out %(count)d times, last on %(date)s, and did not match. Make the pattern more specific.",
            condition.stops,
        )
        return words % {"count": condition.stops, "date": date_format(localtime(condition.stopped), "DATETIME_FORMAT")}


@admin.register(Rule)
class RuleAdmin(admin.ModelAdmin[Rule]):
    form = RuleForm
    fields = ("name", "is_on", "position", "action", "sentence")
    inlines = (ConditionInline,)
    list_display = ("name", "position", "is_on", "action", "when")
    list_editable = ("position", "is_on")
    ordering = ("position", "pk")
    actions = None

    class Media:
        css = {"all": ("css/rules.css",)}

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the columns that are computed for all rows together."""
        return (*self.list_display, dry_run_column(), overruled_column())

    def get_changelist_form(self, request: HttpRequest, **more: Any) -> Any:
        return super().get_changelist_form(request, form=LabeledRowForm, **more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).prefetch_related("conditions")

    @admin.display(description=gettext_lazy("conditions"))
    def when(self, rule: Rule) -> str:
        """Return a rule's conditions in words."""
        return rules_in_words.describe_rule(rule)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        """Show the rule in words, its dry run and its record below the form."""
        context["condition_help"] = HELP
        context["try_name"] = DRY_RUN
        rule, conditions = self.rule_in_form(request, context, more.get("obj"))
        if rule is not None:
            may_read = request.user.has_perm("comments.add_decision")
            asked = rules_in_words.describe_conditions((each.kind, each.value, each.is_not) for each in conditions)
            values = {"asked": asked, "action": rule.get_action_display()}
            context["rule_text"] = _("If: %(asked)s. Then: %(action)s.") % values
            context["dry_run"] = dry_run_in_words.describe_result(DryRun().test(rule, conditions), may_read=may_read)
        if rule is not None and rule.pk:
            context["record"] = dry_run_in_words.describe_record(load_records().get(rule.pk, RuleRecord()))
        return super().render_change_form(request, context, *args, **more)

    def rule_in_form(
        self, request: HttpRequest, context: dict[str, Any], saved: Rule | None
    ) -> tuple[Rule | None, list[Condition]]:
        """Return the rule and conditions in the submitted form, or the saved ones; None if they are not valid."""
        if request.method != "POST":
            if saved is None or not is_valid(saved):
                return None, []
            return saved, list(saved.conditions.all())
        form = cast(ModelForm[Rule], context["adminform"].form)
        formset = context["inline_admin_formsets"][0].formset
        if DRY_RUN not in request.POST or form.errors or not formset.is_valid():
            return None, []
        return form.instance, formset.conditions()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Reset the timeout counts of changed conditions, and make every process reload the rules."""
        super().save_related(request, form, formsets, change)
        for condition in form.instance.conditions.all():
            if condition.stops and condition.pk in changed_conditions(formsets):
                Condition.objects.filter(pk=condition.pk).update(stops=0, stopped=None)
        rules_engine.update_stamp()

    def response_add(self, request: HttpRequest, obj: Rule, post_url_continue: str | None = None) -> HttpResponse:
        """Offer to turn on a rule that was saved while off."""
        offer_to_turn_on(request, obj)
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Rule) -> HttpResponse:
        """Offer to turn on a rule that was saved while off."""
        offer_to_turn_on(request, obj)
        return super().response_change(request, obj)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.turn_on)
        return [path("<int:pk>/switch-on/", view, name="rule-switch-on"), *super().get_urls()]

    def turn_on(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Turn a rule on, from the button in the message after saving it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        rule = get_object_or_404(Rule, pk=pk)
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        with transaction.atomic():
            rule.is_on = True
            rule.save(update_fields=["is_on"])
            rules_engine.update_stamp()
            self.log_change(request, rule, [{"changed": {"fields": ["is_on"]}}])
        messages.success(request, _("The rule “%(name)s” is on.") % {"name": rule})
        return redirect("admin:comments_rule_changelist")

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        """Delete the rule, and make every process reload the rules."""
        super().delete_model(request, obj)
        rules_engine.update_stamp()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show or save the list; after saving, make every process reload the rules."""
        response = super().changelist_view(request, extra_context)
        if request.method == "POST":
            rules_engine.update_stamp()
        return response


def offer_to_turn_on(request: HttpRequest, rule: Rule) -> None:
    """Show a message that a rule just saved is off, with a button that turns it on."""
    if rule.is_on:
        return
    words = format_html(
        '<form class="switch-on" method="post" action="{}"><input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '{} <button class="button">{}</button></form>',
        reverse("admin:rule-switch-on", args=[rule.pk]),
        get_token(request),
        _("The rule “%(name)s” is off.") % {"name": rule},
        _("Turn on"),
    )
    messages.warning(request, words)


def changed_conditions(formsets: Any) -> set[int]:
    """Return the keys of changed conditions, whose timeout counts no longer apply."""
    return {form.instance.pk for formset in formsets for form in formset.forms if form.has_changed()}


def is_valid(rule: Rule) -> bool:
    """Return whether a saved rule's conditions can be evaluated."""
    try:
        rules_engine.CompiledRule.compile(rule, rule.conditions.all())
    except ValidationError:
        return False
    return True


def dry_run_column() -> Callable[[Rule], str]:
    """Return a list column with each rule's dry run; all rows share one DryRun."""
    dry_runs: list[DryRun] = []

    @admin.display(description=gettext_lazy("test result"))
    def column(rule: Rule) -> str:
        if not is_valid(rule):
            return _("can’t be tested: a condition is not valid")
        dry_runs[:] = dry_runs or [DryRun()]
        return dry_run_in_words.summary(dry_runs[0].test(rule, rule.conditions.all()))

    return column


def overruled_column() -> Callable[[Rule], str]:
    """Return a list column with how often each rule decided and was overruled; one query for all rows."""
    found: list[dict[int, RuleRecord]] = []

    @admin.display(description=gettext_lazy("overruled"))
    def column(rule: Rule) -> str:
        found[:] = found or [load_records()]
        return dry_run_in_words.describe_record(found[0].get(rule.pk, RuleRecord()))

    return column
