"""A form of the admin that is sent after the session has ended."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comments.models import Reason
from tests import make
from tests.services.html import parse

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ADD = "/admin/comments/reason/add/"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_what_was_typed_is_kept_until_the_next_login(client: Client) -> None:
    typed = {"name": "Too long", "sentence": "At most <ten>\r\nlines.", "position": "3", "_save": "Save"}
    response = client.post(ADD, typed, headers=BROWSER)
    assert response.status_code == 403
    fields = {each.get("name"): each.get("value") or "" for each in parse(response.text).iter("input")}
    kept = {str(name): value for name, value in fields.items() if name and name != "csrfmiddlewaretoken"}
    assert {name: value.replace("\r", "") for name, value in kept.items()} == {
        name: value.replace("\r", "") for name, value in typed.items()
    }
    client.force_login(make.owner())
    assert client.post(ADD, kept, headers=BROWSER).status_code == 302
    assert Reason.objects.filter(name="Too long").exists()


def test_passwords_are_not_shown_again_and_scripts_are_redirected(client: Client) -> None:
    address = f"/admin/accounts/user/{make.user().pk}/password/"
    for url, data, headers in (
        (address, {"password1": "Secret words"}, BROWSER),
        (ADD, {"name": "Too long"}, {"accept": "*/*"}),
        (ADD, {}, BROWSER),
    ):
        response = client.post(url, data, headers=headers)
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")


def test_a_form_is_not_kept_without_its_file_or_if_it_is_huge(client: Client) -> None:
    picture = SimpleUploadedFile("one.png", b"?", "image/png")
    kept = client.post("/admin/blog/image/add/", {"alt": "A house"}, headers=BROWSER)
    with_file = client.post("/admin/blog/image/add/", {"alt": "A house", "file": picture}, headers=BROWSER)
    huge = client.post(ADD, {"name": "x" * 1_000_001}, headers=BROWSER)
    assert [each.status_code for each in (kept, with_file, huge)] == [403, 302, 302]
    assert huge["Location"].endswith(f"?next={ADD}")
