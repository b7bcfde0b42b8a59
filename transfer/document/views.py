"""The admin page that imports a document as a draft."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import User
from transfer.document import import_document
from transfer.report import Unreadable


class DocumentForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Document"),
        max_length=255,
        help_text=gettext_lazy(
            "A .docx file from Word, LibreOffice, Google Docs or Pages, or an .html or .md file. Up to 20 MB."
        ),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("This file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".docx,.html,.htm,.xhtml,.md,.markdown"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponse:
    """Show the form, or import the uploaded document and redirect to its draft."""
    if not isinstance(request.user, User) or not request.user.has_perm("blog.add_essay"):
        raise PermissionDenied(_("Only authors can import documents."))
    form = DocumentForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            essay, report = import_document(file.name, file.read(), by=request.user)
        except Unreadable as error:
            form.add_error("file", _("%(file)s: %(why)s. Nothing was imported.") % {"file": file.name, "why": error})
        else:
            messages.success(request, "\n".join(report.lines()))
            return redirect("admin:blog_essay_change", essay.pk)
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Import a document"), "form": form}
    return TemplateResponse(request, "transfer/document.html", context, status=422 if form.is_bound else 200)
