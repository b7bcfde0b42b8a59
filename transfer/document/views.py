"""The admin page that imports documents as drafts."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, TooManyFilesSent
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.middleware import Request
from accounts.models import User
from transfer.document.several import Result, import_documents

RESULTS = "imported_documents"  # in the session


class DocumentsInput(forms.FileInput):
    allow_multiple_selected = True


class DocumentsField(forms.FileField):
    """Several files, of which the import reads what is in them."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Return the chosen files; an error only if there is none."""
        if not data:
            return super().clean(None, initial)
        return data


class DocumentForm(forms.Form):
    file = DocumentsField(
        label=gettext_lazy("Documents"),
        help_text=gettext_lazy(
            ".docx files from Word, LibreOffice, Google Docs or Pages, .html or .md files, or a ZIP archive of up to 50"
            " of them with their pictures. Up to 10 files and 20 MB at once."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
        widget=DocumentsInput(attrs={"accept": ".docx,.html,.htm,.xhtml,.md,.markdown,.zip"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponse:
    """Show the form, or import the uploaded documents and redirect to the draft or, for several, to the results."""
    if not isinstance(request.user, User) or not request.user.has_perm("blog.add_essay"):
        raise PermissionDenied(_("Only authors can import documents."))
    if request.method != "POST":
        results = request.session.get(RESULTS, []) if "done" in request.GET else []
        return render(request, DocumentForm(), results)
    try:
        form = DocumentForm(request.POST, request.FILES)
    except TooManyFilesSent:
        form = DocumentForm({})
        form.errors["file"] = form.error_class([_("Choose up to 10 files at once, or a ZIP archive.")])
    if not form.is_valid():
        return render(request, form)
    results = import_documents(((each.name, each.read()) for each in form.cleaned_data["file"]), by=request.user)
    if not any(result.essay for result in results):
        for result in results:
            words = {"file": result.name, "why": result.error}
            form.add_error("file", _("%(file)s: %(why)s. Nothing was imported.") % words)
        return render(request, form)
    if len(results) == 1 and results[0].essay and results[0].report:
        lines = results[0].report.lines(has_losses=False)  # the draft's page lists the losses
        messages.success(request, "\n".join(lines))
        return redirect("admin:blog_essay_change", results[0].essay.pk)
    request.session[RESULTS] = [as_json(result) for result in results]
    return redirect(f"{reverse('import-document')}?done")


def as_json(result: Result) -> dict[str, Any]:
    """Return a result for the session."""
    if result.essay is None:
        return {"name": result.name, "error": result.error}
    losses = len(result.essay.import_losses.splitlines())
    return {"name": result.name, "pk": result.essay.pk, "title": str(result.essay), "losses": losses}


def render(request: Request, form: DocumentForm, results: Any = ()) -> HttpResponse:
    """Show the form, above it the results of the last import if they are asked for."""
    context: dict[str, Any] = {**admin.site.each_context(request), "title": _("Import documents"), "form": form}
    context |= {"results": results, "draft_count": sum("pk" in each for each in results)}
    return TemplateResponse(request, "transfer/document.html", context, status=422 if form.errors else 200)
