"""The queue's pages, on the stock admin's site."""

from typing import Any

urlpatterns: list[Any] = []
