"""The owner's rules in the admin: each is tried on the last comments before it is on, and watched afterwards."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from comments import own_rules
from comments.conditions import HELP
from comments.models import Comment, Condition, Rule, Status
from comments.rule_forms import TRY, ConditionForm, ConditionFormSet, RuleForm
from moderation.labelled import RowForm
from moderation.row import first_words
from moderation.trial import Record, Trial, Tried, approved_by_hand, records

SHOWN = 10
WOULD = {
    Rule.Action.HOLD: gettext_lazy("It would have held %(count)s of the last %(among)s comments"),
    Rule.Action.SPAM: gettext_lazy("It would have put %(count)s of the last %(among)s comments under Spam"),
    Rule.Action.REFUSE: gettext_lazy("It would have sent back %(count)s of the last %(among)s comments"),
    Rule.Action.PUBLISH: gettext_lazy("It would have published %(count)s of the last %(among)s comments"),
}
STANDS = {
    "by hand": gettext_lazy("approved by hand"),
    "at once": gettext_lazy("published at once"),
    Status.PENDING: gettext_lazy("waiting now"),
    Status.SPAM: gettext_lazy("spam now"),
    Status.TRASH: gettext_lazy("in the trash now"),
}


class ConditionInline(admin.TabularInline[Condition, Rule]):
    model = Condition
    form = ConditionForm
    formset = ConditionFormSet  # type: ignore[assignment]
    fields = ("is_not", "kind", "value", "stopped_in_words")
    readonly_fields = ("stopped_in_words",)
    extra = 1

    @admin.display(description=gettext_lazy("stopped"))
    def stopped_in_words(self, condition: Condition) -> str:
        """That its pattern took too long, and so held nothing."""
        if not condition.stops or condition.stopped is None:
            return "–"
        words = ngettext(
            "Took too long %(count)d time, last on %(date)s, and then counted as not found: write it more exactly.",
            "Took too long %(count)d times, last on %(date)s, and then counted as not found: write it more exactly.",
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

    def get_list_display(self, request: HttpRequest) -> Any:
        return (*self.list_display, would_have_done(), overruled())

    def get_changelist_form(self, request: HttpRequest, **more: Any) -> Any:
        return super().get_changelist_form(request, form=RowForm, **more)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return super().get_queryset(request).prefetch_related("conditions")

    @admin.display(description=gettext_lazy("if all of this is so"))
    def when(self, rule: Rule) -> str:
        return "; ".join(map(condition_in_words, rule.conditions.all()))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **more: Any) -> Any:
        context["condition_help"] = HELP
        context["try_name"] = TRY
        rule, conditions = self.asked(request, context, more.get("obj"))
        if rule is not None:
            may_read = request.user.has_perm("moderation.add_decision")
            context["trial"] = results(Trial().of(rule, conditions), may_read=may_read)
        if rule is not None and rule.pk:
            context["record"] = record_in_words(records().get(rule.pk, Record()))
        return super().render_change_form(request, context, *args, **more)

    def asked(
        self, request: HttpRequest, context: dict[str, Any], saved: Rule | None
    ) -> tuple[Rule | None, list[Condition]]:
        """The rule as it stands in the form, or as it was saved; None while there is something wrong with it."""
        if request.method != "POST":
            if saved is None or not readable(saved):
                return None, []
            return saved, list(saved.conditions.all())
        form = cast(ModelForm[Rule], context["adminform"].form)
        formset = context["inline_admin_formsets"][0].formset
        if TRY not in request.POST or form.errors or not formset.is_valid():
            return None, []
        return form.instance, formset.wanted()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for condition in form.instance.conditions.all():
            if condition.stops and condition.pk in changed(formsets):
                Condition.objects.filter(pk=condition.pk).update(stops=0, stopped=None)
        own_rules.stamp()

    def delete_model(self, request: HttpRequest, obj: Rule) -> None:
        super().delete_model(request, obj)
        own_rules.stamp()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if request.method == "POST":
            own_rules.stamp()
        return response


def changed(formsets: Any) -> set[int]:
    """Conditions that are not what they were: what was said of them before is over."""
    return {form.instance.pk for formset in formsets for form in formset.forms if form.has_changed()}


def readable(rule: Rule) -> bool:
    try:
        own_rules.OwnRule.of(rule, rule.conditions.all())
    except ValidationError:
        return False
    return True


def condition_in_words(condition: Condition) -> str:
    value = " · ".join(condition.value.split("\n"))
    value = value if len(value) < 40 else f"{value[:39]}…"
    said = condition.get_kind_display() + (f": {value}" if value else "")
    return _("not %(condition)s") % {"condition": said} if condition.is_not else said


def would_have_done() -> Callable[[Rule], str]:
    """A column that reads the last comments once for all rules."""
    trials: list[Trial] = []

    @admin.display(description=gettext_lazy("would have done"))
    def column(rule: Rule) -> str:
        if not readable(rule):
            return _("cannot be tried: something is wrong with a condition")
        trials[:] = trials or [Trial()]
        tried = trials[0].of(rule, rule.conditions.all())
        tried.by_hand = approved_by_hand(tried.decided)
        return summary(tried)

    return column


def overruled() -> Callable[[Rule], str]:
    found: list[dict[int, Record]] = []

    @admin.display(description=gettext_lazy("overruled"))
    def column(rule: Rule) -> str:
        found[:] = found or [records()]
        return record_in_words(found[0].get(rule.pk, Record()))

    return column


def summary(tried: Tried) -> str:
    """“It would have held 12 of the last 1000 comments: 9 approved by hand, 3 spam now.”"""
    would = WOULD[Rule.Action(tried.rule.action)] % {"count": tried.count, "among": tried.among}
    stand = tried.stand_as()
    parts = [
        _("%(count)d %(how)s") % {"count": stand[how], "how": words} for how, words in STANDS.items() if stand[how]
    ]
    return f"{would}: {', '.join(parts)}." if parts else f"{would}."


def record_in_words(record: Record) -> str:
    if not record.decided:
        return _("It has not decided anything yet.")
    decided = ngettext("It decided %(count)d time", "It decided %(count)d times", record.decided)
    times = ngettext("was overruled %(count)d time", "was overruled %(count)d times", record.overruled)
    said = {
        "decided": decided % {"count": record.decided},
        "overruled": times % {"count": record.overruled} if record.overruled else _("was never overruled"),
    }
    return _("%(decided)s and %(overruled)s.") % said


def results(tried: Tried, *, may_read: bool) -> dict[str, Any]:
    tried.by_hand = approved_by_hand(tried.decided)
    notes = []
    if tried.unknown:
        notes.append(
            ngettext(
                "Of %(count)d comment it cannot be said: where it came from is not kept, or not so exactly.",
                "Of %(count)d comments it cannot be said: where they came from is not kept, or not so exactly.",
                tried.unknown,
            )
            % {"count": tried.unknown}
        )
    if tried.stops:
        notes.append(
            _("A pattern took too long and was stopped: with those comments the rule would have done nothing.")
        )
    shown = list(reversed(tried.decided))[:SHOWN] if may_read else []
    return {"summary": summary(tried), "notes": notes, "comments": [line(tried, comment) for comment in shown],
            "more": tried.count - len(shown) if shown else 0}  # fmt: skip


def line(tried: Tried, comment: Comment) -> dict[str, Any]:
    return {
        "url": f"{reverse('queue')}?comment={comment.pk}",
        "name": comment.commenter.name,
        "words": first_words(comment.wording.html if comment.wording else ""),
        "stands": STANDS[tried.stands(comment)],
    }
