"""The admin site, with bounded work for hostile queries and forms, and errors that say what is wrong."""

from collections.abc import Iterable, Iterator
from functools import wraps
from types import new_class
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import BadRequest
from django.core.paginator import InvalidPage
from django.db import DataError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from server.counting import LimitedPaginator
from server.logged_out import has_form_to_keep, keep_posted_form

MAX_FORMS = 100  # in one formset; a list shows as many rows
MAX_SEARCH_WORDS = 32  # in one search: each is a condition for each field
MAX_SEARCH_LENGTH = 500


class AdminSite(admin.AdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Register models with `BoundedAdmin` in front of each class, also of those that come with packages."""
        base = admin_class or admin.ModelAdmin
        bounded = new_class(
            base.__name__, (BoundedAdmin, base), exec_body=lambda body: body.update(__module__=base.__module__)
        )
        super().register(model_or_iterable, bounded, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Keep a form that is sent after the session has ended, until the next login."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def wrapper(request: HttpRequest, *args: Any, **options: Any) -> Any:
            if has_form_to_keep(request):
                return keep_posted_form(request, _("Nothing was saved. What you entered is kept on this page."))
            return inner(request, *args, **options)

        return wrapper


class BoundedAdmin:
    """A mixin for every ModelAdmin that limits filters, searches, counts and formsets."""

    paginator = LimitedPaginator
    show_full_result_count = False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Return the list as requested. Raises BadRequest if a filter's value is invalid."""
        try:
            return super().get_changelist_instance(request)  # type: ignore[misc]
        except (IncorrectLookupParameters, ValueError, OverflowError, DataError) as error:
            if isinstance(error.__context__, InvalidPage):
                messages.warning(request, _("This page does not exist. Showing the first page."))
                raise
            raise BadRequest("This list has no such filter.") from error

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        """Find nothing, with a message, if the search is too long."""
        if len(search_term) > MAX_SEARCH_LENGTH or len(search_term.split()) > MAX_SEARCH_WORDS:
            message = _("Your search is too long. Use at most %(words)d words and %(letters)d characters.")
            messages.warning(request, message % {"words": MAX_SEARCH_WORDS, "letters": MAX_SEARCH_LENGTH})
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)  # type: ignore[misc]

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[tuple[Any, Any]]:
        """Limit the forms of each inline."""
        pairs: Iterable[tuple[Any, Any]] = super().get_formsets_with_inlines(request, obj)  # type: ignore[misc]
        return ((limit_forms(formset), inline) for formset, inline in pairs)

    def get_changelist_formset(self, request: HttpRequest, **options: Any) -> Any:
        """Limit the forms of a list that can be edited."""
        return limit_forms(super().get_changelist_formset(request, **options))  # type: ignore[misc]


def limit_forms(formset: Any) -> Any:
    """Limit the forms of a formset, whatever TOTAL_FORMS says; more are an error of the formset."""
    formset.absolute_max = min(formset.absolute_max, MAX_FORMS)
    formset.max_num = min(formset.max_num, MAX_FORMS)
    return formset
