"""URL patterns of comments. Included before the blog's, whose last patterns match any path."""

import re

from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView

import blog.urls  # noqa: F401 – registers the converters of dates and slugs
from blog.models import RESERVED_SLUGS
from comments import feeds
from comments.answers import version_views
from comments.answers import views as answer_views
from comments.claims import views as claim_views
from comments.likes import views as like_views
from comments.mutes import views as mute_views
from comments.notifications import views as subscription_views
from comments.posting import edit_views, identity_views, views
from comments.replies import my_comments
from comments.replies import views as reply_views
from comments.reports import appeal_views, report_views


def feed(kind: type[feeds.CommentsFeed], name: str) -> list[URLPattern]:
    """Return the paths of a feed as RSS and as Atom."""
    return [path("", kind.view, name=name), path("atom/", kind.view, {"form": "atom"}, name=f"{name}-atom")]


essay_actions = [
    path("connect/<slug:provider>/", identity_views.connect, name="connect"),
    path("log-out/", identity_views.log_out, name="log-out"),
    path("change/", identity_views.change, name="change"),
    path("identity/", identity_views.identity_fragment, name="identity"),
    path("like/", like_views.like_essay, name="like"),
]
claims = [
    path("", claim_views.claims, name="account_claims"),
    path("ask/", claim_views.request_link, name="account_claim_ask"),
    path("sent/", claim_views.sent, name="account_claim_sent"),
    path("<str:token>/", claim_views.claim, name="account_claim"),
]
subscriptions = [
    path("", subscription_views.subscribe, name="subscribe"),
    path("asked/", subscription_views.confirmation_sent, name="subscription-requested"),
    path("mine/", subscription_views.my_subscriptions, name="my-subscriptions"),
    path("confirm/<str:token>/", subscription_views.confirm, name="confirm-subscriptions"),
    path("stop/<str:token>/", subscription_views.unsubscribe, name="stop-subscription"),
    path("stop-daily/<str:token>/", subscription_views.unsubscribe_daily, name="stop-daily"),
    path("<str:token>/", subscription_views.subscriptions_by_token, name="subscriptions"),
]
replies = [
    path("", reply_views.replies, name="replies"),
    path("comments/", my_comments.my_comments, name="my-comments"),
    path("feed/", reply_views.renew_feed, name="renew-replies-feed"),
    path("feed/<str:token>/", reply_views.feed, name="replies-feed"),
]
PAGE = rf"^(?!(?:{'|'.join(map(re.escape, sorted(RESERVED_SLUGS)))})/)(?P<slug>[-\w]+)"
urlpatterns: list[URLPattern | URLResolver] = [
    path("replies/", include(replies)),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/", include(essay_actions)),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/respond/", views.respond, name="respond"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/feed/", include(feed(feeds.EssayCommentsFeed, "essay-feed"))),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/corrections/", version_views.corrections, name="corrections"),
    path("<yyyy:year>/<mm:month>/<dd:day>/<uslug:slug>/versions/<int:number>/", version_views.version, name="version"),
    re_path(rf"{PAGE}/corrections/$", version_views.corrections, name="page-corrections"),
    re_path(rf"{PAGE}/versions/(?P<number>[0-9]{{1,9}})/$", version_views.page_version, name="page-version"),
    path("<uslug:slug>/", include(essay_actions)),
    path("<uslug:slug>/respond/", views.respond, name="respond-page"),
    path("comments/<int:pk>/", views.permalink, name="comment"),
    path("comments/<int:pk>/edit/", edit_views.edit, name="edit-comment"),
    path("comments/<int:pk>/delete/", edit_views.delete, name="delete-comment"),
    path("comments/<int:pk>/answer/", answer_views.answer, name="answer-comment"),
    path("comments/<int:pk>/report/", report_views.report, name="report-comment"),
    path("comments/<int:pk>/appeal/", appeal_views.appeal, name="appeal-comment"),
    path("comments/<int:pk>/tell/", subscription_views.notify_of_decision, name="notify-decision"),
    path("comments/<int:pk>/like/", like_views.like_comment, name="like-comment"),
    path("comments/<int:pk>/more/", mute_views.more, name="comment-more"),
    path("comments/<int:pk>/mute/", mute_views.mute, name="mute-commenter"),
    path("comments/muted/", mute_views.muted, name="muted-commenters"),
    path("accounts/claims/", include(claims)),
    path("subscriptions/", include(subscriptions)),
    path("comments/mine/", RedirectView.as_view(pattern_name="my-comments", permanent=True, query_string=True)),
    path("comments/feed/", include(feed(feeds.CommentsFeed, "comments-feed"))),
    path("comments/<int:pk>/feed/", include(feed(feeds.ThreadFeed, "thread-feed"))),
    path("<uslug:slug>/feed/", include(feed(feeds.EssayCommentsFeed, "page-feed"))),
]
