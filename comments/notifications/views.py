"""Pages to subscribe, confirm, manage subscriptions and unsubscribe. GET changes nothing."""

import math
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

import pagecache
from accounts.middleware import Request
from accounts.models import User
from blog.models import Essay
from comments.models import Address, Comment, Discussion, Rules, Subscription, is_waiting
from comments.notifications import known_addresses, signed_links, subscribing
from comments.notifications.forms import AddressForm, SubscribeForm
from comments.notifications.subscribing import Topic
from comments.threads.pages import ThreadPage
from comments.threads.viewer import Viewer, parse_key
from server.http import ratelimit

REQUESTS_AN_HOUR = 20

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
def subscribe(request: Request) -> HttpResponse:
    """Subscribe without commenting; `?essay=` or `?comment=` names the page that the reader came from."""
    if not may_subscribe():
        raise Http404
    essay, thread = requested_target(request)
    commenter = request.commenter if isinstance(request.user, User) else None
    initial = {"email": request.user.email} if isinstance(request.user, User) else {}
    form = SubscribeForm(request.POST or None, essay=essay, thread=thread, initial=initial)
    context = {"form": form, "essay": essay, "thread": thread}
    if request.method != "POST":
        response = render(request, "comments/subscribe.html", context)
        key = essay.cache_key if essay else "site"
        return pagecache.mark_cacheable(response, "site", key, "comments", expires=getattr(request, "expires", None))
    if not form.is_valid():
        return render(request, "comments/subscribe.html", context, status=422)
    if seconds := acquire_attempt(request):
        return too_many_attempts(request, "comments/subscribe.html", context, seconds)
    subscriber = known_addresses.identify_subscriber(request, form.cleaned_data["email"], commenter)
    if not subscriber.is_verified:
        subscribing.subscribe_later(subscriber, form.topics(), often=form.cleaned_data["often"])
        return redirect(f"{reverse('subscription-requested')}?{request.GET.urlencode()}")
    subscribing.subscribe(subscriber, form.topics(), often=form.cleaned_data["often"])
    return redirect(f"{signed_links.subscriptions_url(Address.objects.get(email=subscriber.email))}?said=followed")


def may_subscribe(essay: Essay | None = None) -> bool:
    """Return whether the owner lets readers subscribe by email."""
    rules = Discussion.objects.for_essay(essay).rules if essay else Rules.objects.current()
    return rules.readers_may_follow


def requested_target(request: Request) -> tuple[Essay | None, Comment | None]:
    """Return the essay and thread named in the query; 404 if they are not public."""
    if "comment" in request.GET:
        threads = Comment.objects.filter(pk=parse_key(request.GET["comment"])).values("tree_id")
        root = Comment.objects.shown_roots().select_related("essay", "commenter").filter(tree_id__in=threads).first()
        if root is None or not root.essay.is_published:
            raise Http404
        return root.essay, root
    if "essay" in request.GET:
        essay = Essay.objects.published().filter(pk=parse_key(request.GET["essay"]) or 0).first()
        if essay is None:
            raise Http404
        return essay, None
    return None, None


def acquire_attempt(request: Request) -> float:
    """Limit requests by IP address, since one sender may use many people's emails; return the seconds to wait."""
    return ratelimit.acquire("follow", request.META["REMOTE_ADDR"], 3600, count=REQUESTS_AN_HOUR)


def too_many_attempts(request: Request, template: str, context: dict[str, Any], seconds: float) -> HttpResponse:
    """Show the template again and say how long to wait (429)."""
    minutes = math.ceil(seconds / 60)
    text = ngettext(
        "Too many attempts. Please wait %(count)d minute and try again.",
        "Too many attempts. Please wait %(count)d minutes and try again.",
        minutes,
    )
    response = render(request, template, context | {"problem": text % {"count": minutes}}, status=429)
    response.headers["Retry-After"] = str(math.ceil(seconds))
    return response


@require_http_methods(["GET", "HEAD"])
def confirmation_sent(request: Request) -> HttpResponse:
    """Ask the reader to check their email. The page is the same for every address, known or not."""
    essay, thread = requested_target(request)
    back = thread.get_absolute_url() if thread else essay.get_absolute_url() if essay else "/"
    return render(request, "comments/subscription_requested.html", {"back_url": back})


@get_or_post
def notify_of_decision(request: Request, pk: int) -> HttpResponse:
    """Subscribe to the moderators' decision about one's own comment."""
    viewer = Viewer.from_request(request)
    comment = Comment.objects.select_related("essay__discussion__rules", "commenter").filter(pk=pk).first()
    if comment is None or not viewer.is_author_of(comment) or not may_subscribe(comment.essay):
        raise Http404
    here = ThreadPage(comment.essay, viewer)
    if not comment.is_waiting:
        return redirect(comment)
    known = request.user.email if isinstance(request.user, User) else comment.commenter.email
    form = AddressForm({"email": request.POST.get("email", known)} if request.method == "POST" else None)
    context = {"form": form, "comment": comment, "back_url": here.url_of(comment)}
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return limit_referrer(render(request, "comments/notify_of_decision.html", context, status=status))
    if seconds := acquire_attempt(request):
        return limit_referrer(too_many_attempts(request, "comments/notify_of_decision.html", context, seconds))
    subscriber = known_addresses.identify_subscriber(request, form.cleaned_data["email"], comment.commenter)
    subscribing.subscribe(subscriber, [Topic(Subscription.Kind.DECISION, comment=comment)])
    return limit_referrer(redirect(here.url_of(comment, mailed=None if subscriber.is_verified else pk)))


# Managing subscriptions


def result_messages() -> dict[str, str]:
    """Return the messages after an action, by the value of `?said=` in the page's address."""
    return {
        "followed": _("You’re subscribed."),
        "confirmed": _("You’re subscribed."),
        "none": _("You didn’t choose anything, so we won’t email you."),
        "stopped": _("You’ve unsubscribed from these emails."),
        "all-stopped": _("You’ve unsubscribed this address from all emails."),
        "changed": _("Changes saved."),
        "resumed": _("Emails resumed."),
    }


@get_or_post
def subscriptions_by_token(request: Request, token: str) -> HttpResponse:
    """Show the subscriptions of one address, opened by the signed link in every email."""
    address = signed_links.read_subscriptions_token(token)
    if address is None and not signed_links.is_of_deleted(token, signed_links.ALL):
        return show_invalid(request)
    return limit_referrer(subscriptions_page(request, [address] if address else []))


@login_required
@get_or_post
def my_subscriptions(request: Request) -> HttpResponse:
    """Show the subscriptions of every verified address of the logged-in user."""
    user: Any = request.user
    verified = EmailAddress.objects.filter(user=user, verified=True).values("email")
    return subscriptions_page(request, list(Address.objects.filter(email__in=verified).order_by("email")))


def subscriptions_page(request: Request, addresses: list[Address]) -> HttpResponse:
    """List the subscriptions of these addresses, or apply the change of a pressed button."""
    if request.method == "POST":
        return redirect(f"{request.path}?said={apply_change(request, addresses)}")
    rows = load_undecided(Subscription.objects.confirmed().filter(address__in=addresses))
    context = {
        "addresses": [(address, [row for row in rows if row.address_id == address.pk]) for address in addresses],
        "has_essays": any(row.kind == Subscription.Kind.ESSAYS for row in rows),
        "message": result_messages().get(request.GET.get("said", "")),
    }
    return render(request, "comments/subscriptions.html", context)


def load_undecided(subscriptions: Any) -> list[Subscription]:
    """Load the subscriptions with what they are about, without those whose decision has been made."""
    decided = Q(kind=Subscription.Kind.DECISION) & ~is_waiting("comment__")
    decided |= Q(kind=Subscription.Kind.REPORT, comment__reports=0)
    decided |= Q(kind=Subscription.Kind.APPEAL) & ~Q(comment__appeal__state="open")
    rows = subscriptions.exclude(decided).select_related("essay", "comment__essay", "comment__commenter", "commenter")
    return list(rows.order_by("kind", "-pk"))


def apply_change(request: Request, addresses: list[Address]) -> str:
    """Do what the pressed button says, and return the `?said=` of its message in result_messages()."""
    theirs = Subscription.objects.filter(address__in=addresses)
    one = theirs.filter(pk=parse_key(request.POST.get("subscription")) or 0)
    address = next((each for each in addresses if str(each.pk) == request.POST.get("address")), None)
    match request.POST.get("do", ""):
        case "stop":
            subscribing.unsubscribe(one)
            return "stopped"
        case ("at_once" | "daily") as often:
            one.update(often=often)
            return "changed"
        case "stop-all" if address:
            subscribing.unsubscribe(theirs.filter(address=address))
            return "all-stopped"
        case ("pause" | "resume") as action if address:
            subscribing.set_paused(address, is_paused=action == "pause")
            return "paused" if action == "pause" else "resumed"
        case "again" if address:
            subscribing.mark_verified(address)
            return "resumed"
    return ""


# Links in emails


@get_or_post
def confirm(request: Request, token: str) -> HttpResponse:
    """List the unconfirmed subscriptions of an address, and confirm those its reader selects."""
    address = signed_links.read_confirm_token(token)
    if address is None:
        return show_invalid(request, is_confirmation=True)
    if request.method == "POST":
        chosen = [number for value in request.POST.getlist("subscription") if (number := parse_key(value))]
        count = subscribing.confirm(address, chosen)
        response = redirect(f"{signed_links.subscriptions_url(address)}?said={'confirmed' if count else 'none'}")
        return limit_referrer(known_addresses.remember(address, response) if "know" in request.POST else response)
    waiting = load_undecided(Subscription.objects.waiting().filter(address=address))
    context = {"address": address, "waiting": waiting, "subscriptions_url": signed_links.subscriptions_url(address)}
    return limit_referrer(render(request, "comments/confirm.html", context))


@csrf_exempt  # an email program's button sends no cookie; the signed link is the proof
@get_or_post
def unsubscribe(request: Request, token: str) -> HttpResponse:
    """Unsubscribe by an email program's one-click POST (RFC 8058), or by the button on this page."""
    subscription = signed_links.read_unsubscribe_token(token)
    if subscription is None:
        return show_ended(request) if signed_links.is_of_deleted(token, signed_links.STOP) else show_invalid(request)
    if request.method == "POST":
        if "undo" in request.POST:
            subscribing.resubscribe(subscription)
        else:
            subscribing.unsubscribe(Subscription.objects.filter(pk=subscription.pk))
        subscription.refresh_from_db(fields=["stopped"])
    context = {"subscription": subscription, "subscriptions_url": signed_links.subscriptions_url(subscription.address)}
    return limit_referrer(render(request, "comments/unsubscribe.html", context))


@csrf_exempt
@get_or_post
def unsubscribe_daily(request: Request, token: str) -> HttpResponse:
    """Unsubscribe from the daily digest."""
    address = signed_links.read_unsubscribe_daily_token(token)
    if address is None:
        is_ended = signed_links.is_of_deleted(token, signed_links.STOP_DAILY)
        return show_ended(request) if is_ended else show_invalid(request)
    daily = Subscription.objects.confirmed().filter(address=address, often=Subscription.Often.DAILY)
    if request.method == "POST":
        subscribing.unsubscribe(daily)
    subscriptions_url = signed_links.subscriptions_url(address)
    context = {"address": address, "has_daily": daily.exists(), "subscriptions_url": subscriptions_url}
    return limit_referrer(render(request, "comments/unsubscribe_daily.html", context))


def show_invalid(request: Request, *, is_confirmation: bool = False) -> HttpResponse:
    """Say that the link of an email is invalid or has expired (410)."""
    return render(request, "comments/subscription_gone.html", {"is_confirmation": is_confirmation}, status=410)


def show_ended(request: Request) -> HttpResponse:
    """Say that the subscription has been deleted; with 200, so that an email program does not report a failure."""
    return render(request, "comments/subscription_gone.html", {"is_ended": True})


def limit_referrer(response: HttpResponse) -> HttpResponse:
    """Send no referrer to other sites: the address is a secret. Same-origin requests keep it for the CSRF check."""
    response.headers["Referrer-Policy"] = "same-origin"
    return response
