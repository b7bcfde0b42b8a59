"""The page in the admin that imports, exports and starts backups, and the page of one of these. For owners only."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from blog.models import Site
from transfer import exporting, files, jobs
from transfer.pages import kept_backups, runs
from transfer.pages.runs import Run, State

MAX_BYTES = 45 * 1024 * 1024  # of an uploaded file; BODY_LIMITS allows a little more for the whole form
FORMATS = {"wordpress": gettext_lazy("WordPress (.xml)"), "markdown": gettext_lazy("Markdown (.zip)")}
NOT_EXPORTED = {
    "wordpress": gettext_lazy("Series, languages, revisions, likes, subscriptions and settings."),
    "markdown": gettext_lazy("Author profiles, revisions, likes, subscriptions and settings."),
}


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("", gettext_lazy("Detect automatically")), *FORMATS.items()],
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        max_length=255,
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("This file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".xml,.zip"}),
    )
    links_quotations = forms.BooleanField(
        label=gettext_lazy("Show WordPress comments that begin with a sentence of their essay as comments on it"),
        required=False,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"].help_text = _("Up to %(count)d MB. Import larger files with manage.py import.") % {
            "count": MAX_BYTES // 1024**2
        }

    def clean_file(self) -> Any:
        """Refuse a file that is too large; the server limits the whole request, too."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise forms.ValidationError(_("This file is too large. Import it with manage.py import."))
        return file


class ExportForm(forms.Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Format"), choices=[(kind, FORMATS[kind]) for kind in ("markdown", "wordpress")]
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="export-%s")


def require_owner(request: HttpRequest) -> None:
    """Raise PermissionDenied unless the user is an owner: the files contain email addresses."""
    if not getattr(request.user, "is_superuser", False):
        raise PermissionDenied(_("Only the owner can import, export and back up the site."))


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """Show the page, or start an import, an export or a backup."""
    require_owner(request)
    if request.method != "POST":
        return render_overview(request)
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise BadRequest("Unknown action.")
    return action(request)


def check_upload(request: HttpRequest) -> HttpResponse:
    """Store an uploaded file and check it."""
    form = UploadForm(request.POST, request.FILES)
    if runs.unfinished("import"):
        return refuse(request, "import")
    if not form.is_valid():
        return render_overview(request, 422, upload=form)
    token, file = files.new_token(), form.cleaned_data["file"]
    try:
        files.save(jobs.upload_name(token), file)
    except OSError as error:
        form.add_error("file", _("The file could not be stored: %(why)s") % {"why": jobs.describe(error)})
        return render_overview(request, 503, upload=form)
    arguments = {"token": token, "name": file.name, "kind": form.cleaned_data["kind"]}
    arguments["links_quotations"] = form.cleaned_data["links_quotations"]
    return start(request, "import", **arguments, is_dry_run=True)


def export(request: HttpRequest) -> HttpResponse:
    """Start an export."""
    form = ExportForm(request.POST)
    if not form.is_valid():
        return render_overview(request, 422, export=form)
    return start(request, "export", token=files.new_token(), kind=form.cleaned_data["kind"])


def back_up(request: HttpRequest) -> HttpResponse:
    """Start a backup."""
    return start(request, "backup", token=files.new_token())


ACTIONS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "check": check_upload,
    "export": export,
    "back-up": back_up,
}


def start(request: HttpRequest, kind: str, /, **arguments: Any) -> HttpResponse:
    """Start a run and redirect to its page, unless another one of this kind is not finished."""
    run = runs.start(kind, **arguments)
    return redirect(run.url) if run else refuse(request, kind)


def refuse(request: HttpRequest, kind: str) -> HttpResponse:
    """Say that another run of this kind is not finished."""
    texts = {
        "import": _("Another import is still running. Wait until it is done, then try again."),
        "export": _("Another export is still running. Wait until it is done, then try again."),
        "backup": _("A backup is already running."),
    }
    messages.error(request, texts[kind])
    return render_overview(request, 409)


def render_overview(request: HttpRequest, status: int = 200, **bound: forms.Form) -> HttpResponse:
    """Render the page, with a form as it was sent."""
    context = {
        **admin.site.each_context(request),
        "title": _("Import, export and backup"),
        "upload": bound.get("upload") or UploadForm(),
        "export": bound.get("export") or ExportForm(),
        "has_errors": any(form.errors for form in bound.values()),
        "latest": {kind: runs.latest(kind) for kind in runs.TASKS},
        "unfinished": {kind: runs.unfinished(kind) for kind in runs.TASKS},
        "exports": list(runs.exports()),
        "formats": FORMATS,
        "backups": kept_backups.find(),
    }
    return TemplateResponse(request, "transfer/import_export.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def show_run(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a run, or do what its buttons say."""
    require_owner(request)
    run = find_run(pk)
    if request.method == "POST":
        action = RUN_ACTIONS.get(request.POST.get("action", ""))
        if action is None:
            raise BadRequest("Unknown action.")
        return action(request, run)
    context = {
        **admin.site.each_context(request),
        "title": run.title,
        "run": run,
        "format": FORMATS.get(run.format, ""),
        "report": run.returned.get("report"),
        "omitted": NOT_EXPORTED.get(run.format, "") if run.kind == "export" else "",
        "can_import": run.kind in {"check", "import"} and not run.is_unfinished and run.has_upload,
    }
    return TemplateResponse(request, "transfer/run.html", context)


def find_run(pk: UUID) -> Run:
    """Return the run. Raises Http404."""
    if (run := runs.find(pk)) is None:
        raise Http404
    return run


def import_checked(request: HttpRequest, run: Run) -> HttpResponse:
    """Import the file that was checked."""
    if run.kind != "check" or run.state != State.DONE:
        raise BadRequest("This file has not been checked.")
    return start(request, "import", **{**run.arguments, "is_dry_run": False})


def try_again(request: HttpRequest, run: Run) -> HttpResponse:
    """Start a failed run again."""
    if run.state != State.FAILED:
        raise BadRequest("This has not failed.")
    return start(request, runs.KINDS[run.result.task_path], **run.arguments)


def discard(request: HttpRequest, run: Run) -> HttpResponse:
    """Delete the uploaded file, unless it is being imported."""
    if run.kind not in {"check", "import"}:
        raise BadRequest("There is no uploaded file.")
    if runs.unfinished("import"):
        return refuse(request, "import")
    try:
        files.delete(jobs.upload_name(run.arguments["token"]))
        messages.success(request, _("The uploaded file was deleted."))
    except OSError as error:
        messages.error(request, _("The file could not be deleted: %(why)s") % {"why": jobs.describe(error)})
    return redirect("import-export")


RUN_ACTIONS: dict[str, Callable[[HttpRequest, Run], HttpResponse]] = {
    "import": import_checked,
    "again": try_again,
    "discard": discard,
}


@require_safe
def download(request: HttpRequest, pk: UUID) -> HttpResponse | FileResponse:
    """Download the file of a finished export."""
    require_owner(request)
    run = find_run(pk)
    if run.kind != "export" or run.state != State.DONE:
        raise Http404
    try:
        file = files.open_file(run.export_file)
    except OSError as error:
        raise Http404(_("This export has expired. Create a new one.")) from error
    day = timezone.localdate(run.result.finished_at).isoformat()
    name = f"{slugify(Site.objects.current().name) or 'site'}-{day}.{exporting.SUFFIXES[run.arguments['kind']]}"
    return FileResponse(file, as_attachment=True, filename=name)
