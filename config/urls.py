"""The root URL configuration, which includes that of every app."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from accounts.pages import login_and_team
from blog.editor import paste_views
from blog.images import media
from blog.writing.time_zones import in_own_time_zone
from comments import privacy
from comments import urls as comments
from comments.desk import views as desk_views
from comments.passages import review_views as passage_views
from moderation import public_urls
from moderation import urls as moderation
from moderation.log import public as public_log
from server import doctor
from server.http import health, security_txt
from transfer.document import views as documents
from transfer.pages import views as import_export
from transfer.person import owner_views
from transfer.person import views as data

admin.site.site_title = _("Rejoinder")
admin.site.index_title = _("Administration")
# providers are configured in the settings; tokens are not stored; two-factor secrets must not be visible
admin.site.unregister([SocialApp, SocialToken, UserSession, Authenticator])
admin.site.index = in_own_time_zone(admin.site.index)  # type: ignore[assignment, method-assign]
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "server.http.middleware.server_error"
urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path(".well-known/security.txt", security_txt.security_txt),
    path("accounts/data/", data.data, name="data"),
    path("accounts/data/about-me.<str:kind>", data.download, name="data-file"),
    path("accounts/forget/", data.delete, name="forget"),
    path("accounts/forgotten/", data.delete_done, name="forgotten"),
    path("privacy/", privacy.privacy, name="privacy"),
    path("moderation/", public_log.public_statistics, name="moderation-record"),
    path("accounts/", include("accounts.urls")),
    path(f"{settings.QUEUE_PATH}people/<int:pk>/data/", admin.site.admin_view(owner_views.data), name="person-data"),
    path(settings.QUEUE_PATH, include(moderation.urlpatterns)),
    path("admin/identity/", admin.site.admin_view(login_and_team.login_and_team_page), name="admin-identity"),
    path("admin/blog/essay/import/", admin.site.admin_view(documents.upload), name="import-document"),
    path("admin/blog/essay/clean/", admin.site.admin_view(paste_views.clean_paste), name="clean-paste"),
    path("admin/blog/essay/<int:pk>/passages/", admin.site.admin_view(passage_views.review), name="essay-passages"),
    path("admin/blog/essay/", include("blog.writing.urls")),
    path("admin/desk/reply/<int:pk>/", admin.site.admin_view(desk_views.reply), name="desk-reply"),
    path("admin/doctor/", admin.site.admin_view(doctor.doctor_page), name="doctor"),
    path("admin/import-export/", admin.site.admin_view(import_export.overview), name="import-export"),
    path("admin/import-export/<uuid:pk>/", admin.site.admin_view(import_export.show_run), name="import-export-run"),
    path(
        "admin/import-export/<uuid:pk>/file/", admin.site.admin_view(import_export.download), name="import-export-file"
    ),
    path("admin/", admin.site.urls),
    path("media/<path:name>", media.serve_upload, name="media"),
    path("", include("search.urls")),
    path("", include(comments.urlpatterns)),
    path("", include(public_urls.urlpatterns)),
    path("", include("blog.urls")),
]
