"""Steps to delete an account or a guest's data: the choice, a fresh login, the confirmation."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

FORGET = "/accounts/forget/"
PASSWORD = "orchards are not sold"


def request_deletion(client: Client, words: str = "stay") -> str:
    """Return the address of the confirmation page, for which a user has to log in again."""
    onward = str(client.post(FORGET, {"words": words}).headers["Location"])
    step = urlsplit(onward)
    return parse_qs(step.query)["next"][0] if step.path == "/accounts/login/" else onward


def request_with_password(client: Client, words: str = "stay", login: str = "rosa") -> str:
    page = request_deletion(client, words)
    answer = client.post("/accounts/login/", {"login": login, "password": PASSWORD, "next": page})
    assert answer.headers["Location"] == page
    return page


def confirm_deletion(client: Client, page: str) -> Any:
    """Press the button on the confirmation page."""
    assert client.get(page).status_code == 200
    return client.post(FORGET, {"request": parse_qs(urlsplit(page).query)["request"][0]})
