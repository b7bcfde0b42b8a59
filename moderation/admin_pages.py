"""The frame of moderators' pages in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_admin_page(
    request: HttpRequest, template: str, title: str, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page in the admin, without its sidebar, which leaves more width for the comments."""
    frame = {**admin.site.each_context(request), "title": title, "is_nav_sidebar_enabled": False}
    return render(request, template, frame | context, status=status)
