"""Admin pages for the owner: subscriptions, email addresses and the outbox."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from comments.models import Address, Notice, Subscription
from comments.notifications import outbox, subscribing


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Readers' records, which the admin can change only by actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def notify(self, request: HttpRequest, text: str, count: int) -> None:
        """Show a message after an action; `text` contains `%(count)d`."""
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    list_display = ("address", "what", "often", "created", "state")
    list_filter = ("kind", "often", ("confirmed", admin.EmptyFieldListFilter), ("stopped", admin.EmptyFieldListFilter))
    list_select_related = ("address", "commenter", "essay", "comment__essay", "comment__commenter")
    search_fields = ("address__email", "commenter__name", "essay__title", "comment__essay__title")
    ordering = ("-pk",)
    actions = ("stop",)

    @admin.display(description=_("subscribed to"), ordering="kind")
    def what(self, subscription: Subscription) -> str:
        """The column with the kind of subscription and the essay or person it is about."""
        about: object = subscription.essay or (subscription.comment and subscription.comment.essay)
        if subscription.kind == Subscription.Kind.REPLIES:
            about = subscription.commenter
        return f"{subscription.get_kind_display()}: {about}" if about else str(subscription.get_kind_display())

    @admin.display(description=_("status"))
    def state(self, subscription: Subscription) -> str:
        """The column that says whether emails are sent, and if not, why."""
        if subscription.stopped:
            return gettext("unsubscribed")
        if not subscription.confirmed:
            return gettext("unconfirmed")
        if subscription.address.suppressed:
            return gettext("undeliverable")
        return gettext("paused") if subscription.address.is_paused else gettext("active")

    @admin.action(description=_("Unsubscribe"), permissions=["delete"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Subscription]) -> None:
        """End the selected subscriptions."""
        count = queryset.filter(stopped=None).count()
        subscribing.unsubscribe(queryset)
        self.notify(request, ngettext("%(count)d subscription ended.", "%(count)d subscriptions ended.", count), count)


@admin.register(Address)
class AddressAdmin(ReadOnlyAdmin):
    list_display = ("email", "state", "bounces", "problem")
    list_filter = (("suppressed", admin.EmptyFieldListFilter), "is_paused", ("verified", admin.EmptyFieldListFilter))
    search_fields = ("email", "problem")
    ordering = ("email",)
    actions = ("send_to_it_again",)

    @admin.display(description=_("status"), ordering="suppressed")
    def state(self, address: Address) -> str:
        """The column that says whether the address is verified and can get emails."""
        if address.suppressed:
            since = date_format(timezone.localtime(address.suppressed), "DATE_FORMAT")
            return gettext("undeliverable since %(day)s") % {"day": since}
        if not address.verified:
            return gettext("unconfirmed")
        return gettext("paused") if address.is_paused else gettext("verified")

    @admin.action(description=_("Allow emails again"), permissions=["delete"])
    def send_to_it_again(self, request: HttpRequest, queryset: QuerySet[Address]) -> None:
        """Remove these addresses from the suppression list. This does not verify them."""
        count = queryset.exclude(suppressed=None).update(suppressed=None, bounces=0, problem="")
        text = ngettext("%(count)d address can get emails again.", "%(count)d addresses can get emails again.", count)
        self.notify(request, text, count)


class StuckFilter(admin.SimpleListFilter):
    title = _("delivery problem")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("delayed", _("delayed")), ("uncertain", _("delivery uncertain")), ("failed", _("failed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        match self.value():
            case "delayed":
                return queryset & Notice.objects.delayed()
            case "uncertain":
                return queryset & Notice.objects.uncertain()
            case "failed":
                return queryset & Notice.objects.failed()
        return queryset


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "state", "error", "comment", "tries", "due")
    list_filter = (StuckFilter, "state", "kind")
    list_select_related = ("comment__commenter",)
    search_fields = ("email", "error")
    ordering = ("-pk",)
    actions = ("send_again",)

    @admin.action(description=_("Resend"), permissions=["delete"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        """Resend emails that failed or whose delivery is uncertain, but none that is being sent."""
        now = timezone.now()
        stuck = Notice.objects.failed() | Notice.objects.uncertain()
        count = stuck.filter(pk__in=queryset).update(state=Notice.State.READY, tries=0, due=now, changed=now)
        outbox.send_ready.enqueue()
        self.notify(
            request, ngettext("%(count)d email will be resent.", "%(count)d emails will be resent.", count), count
        )
