"""What was typed in a form about a comment that was deleted since, shown again so that it can be copied."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import Http404, HttpResponse
from django.shortcuts import render

from accounts.middleware import Request

P = ParamSpec("P")
FIELDS = ("text", "words", "told")


def show_typed_text(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[Request, P], HttpResponse]:
    """If the view raises Http404 for a form in which something was typed, answer with a page that has the text."""

    @wraps(view)
    def wrapper(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            typed = max((request.POST.get(name, "") for name in FIELDS), key=len)
            if not typed.strip():
                raise
            return render(request, "comments/typed_text.html", {"typed": typed}, status=404)

    return wrapper
