"""The reply form for unknown visitors: rendered once, with placeholders for the essay."""

from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from accounts.profiles.forms import DetailsForm
from blog.middleware import PERSONAL_COOKIES, get_site
from blog.models import Essay
from comments.models import Rules
from comments.posting import identity_views
from comments.posting.forms import CommentForm, NotifyForm
from comments.threads.rendering import PrecompiledTemplate, placeholder


def is_usable_for(request: HttpRequest) -> bool:
    """Return whether the visitor is unknown, so that the form has nothing personal to show."""
    return not PERSONAL_COOKIES & request.COOKIES.keys() and not {"login", "passage"} & request.GET.keys()


def render(request: HttpRequest, essay: Essay, rules: Rules) -> SafeString:
    """Render the reply form of an essay for an unknown visitor."""
    who, may_follow, hold = rules.who_may_comment, rules.readers_may_follow, rules.newcomer_hold
    services = tuple(provider.name for provider in settings.PROVIDERS)
    form = compiled_form(get_language() or "", who, may_follow, hold, str(get_site(request)), services)
    return SafeString(form.fill({"address": essay.get_absolute_url(), "pk": str(essay.pk)}))


@lru_cache
def compiled_form(
    language: str, who_may_comment: str, may_follow: bool, hold: str, site: str, services: tuple[str, ...]
) -> PrecompiledTemplate:
    """Render the form with placeholders. `hold`: why a newcomer's comment is held; `site`: the site's name."""
    address = placeholder("address")
    is_for_guests = who_may_comment != Rules.Who.LOGIN
    details = DetailsForm(needs_email=who_may_comment == Rules.Who.DETAILS) if is_for_guests else None
    return PrecompiledTemplate.prerender(
        "comments/_respond.html",
        {
            "essay": {"get_absolute_url": address, "pk": placeholder("pk")},
            "action": SafeString(f"{address}respond/"),
            "form": CommentForm(initial={"parent": ""}),
            "essay_url": address,
            "details": details,
            "notify": NotifyForm() if may_follow else None,
            "icons": identity_views.login_icons(site),
            "login_problems": identity_views.login_problems(),
            "rules": {"who_may_comment": who_may_comment},
            "hint": identity_views.hint_for_reason(hold),
        },
    )
