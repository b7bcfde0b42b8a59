"""URLs of the writing pages below /admin/blog/essay/."""

from django.contrib import admin
from django.urls import path

from blog.writing import draft_views, suggest_views
from blog.writing.lists import import_losses
from blog.writing.publishing import views as publishing_views
from blog.writing.time_zones import in_own_time_zone

urlpatterns = [
    *(
        path(f"suggest/{kind}/", admin.site.admin_view(suggest_views.suggest), {"kind": kind}, name=f"suggest-{kind}")
        for kind in suggest_views.FINDERS
    ),
    path("logged-in/", admin.site.admin_view(draft_views.logged_in), name="essay-logged-in"),
    path("<str:which>/draft/", admin.site.admin_view(in_own_time_zone(draft_views.draft)), name="essay-draft"),
    path("<str:which>/publish/", publishing_views.publish_page, name="essay-publish"),
    path(
        "<str:which>/revisions/", admin.site.admin_view(in_own_time_zone(draft_views.revisions)), name="essay-revisions"
    ),
    path(
        "<str:which>/difference/", admin.site.admin_view(in_own_time_zone(draft_views.compare)), name="essay-difference"
    ),
    path("<str:which>/withdraw/", admin.site.admin_view(in_own_time_zone(draft_views.withdraw)), name="essay-withdraw"),
    path("<str:which>/restore/", admin.site.admin_view(in_own_time_zone(draft_views.restore)), name="essay-restore"),
    path("<str:which>/preview/", admin.site.admin_view(draft_views.preview_page), name="essay-preview"),
    path("<str:which>/links/", admin.site.admin_view(in_own_time_zone(draft_views.links)), name="essay-links"),
    path("<str:which>/losses/dismiss/", admin.site.admin_view(import_losses.dismiss), name="essay-dismiss-losses"),
]
