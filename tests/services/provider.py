"""The demo identity provider for tests: choose a person or a fault in a browser, or log in without one."""

import contextlib
import http.client
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Locator, Page

# Here, before pytest-django turns DEBUG off, which the provider requires.
from demo.identity_provider import server
from demo.identity_provider.faults import BY_NAME
from demo.identity_provider.people import Person, find_person

Demo = server.Demo
__all__ = ["BY_NAME", "Demo", "allow", "complete_authorization", "deny", "fault", "provider"]


@contextlib.contextmanager
def provider(port: int = 0, *, slow: float = 10.0, very_slow: float = 30.0) -> Iterator[Demo]:
    """Run the provider in this process; `slow` and `very_slow` are the pauses of those faults, in seconds."""
    with server.serve(port, slow=slow, very_slow=very_slow) as demo:
        yield demo


def allow(page: Page, name: str) -> None:
    """Log in as a person, by name or handle."""
    _button(page, "person", demo_person(name).handle).click()


def fault(page: Page, name: str) -> None:
    assert name in BY_NAME, f"Unknown fault {name}. Choose from: {', '.join(BY_NAME)}"
    _button(page, "fault", name).click()


def deny(page: Page) -> None:
    page.get_by_role("button", name="Deny", exact=True).click()


def complete_authorization(url: str, name: str = "Mara Lindqvist", *, fault: str = "", deny: bool = False) -> str:
    """Return where the authorization page redirects to after this person, this fault or Deny was chosen."""
    parts = urlsplit(url)
    form = {"deny": "yes"} if deny else {"person": demo_person(name).handle, "fault": fault}
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{parts.path}?{parts.query}", urlencode(form), headers)
        response = connection.getresponse()
        location = response.getheader("Location")
        assert location, f"{response.status} {response.read().decode()}"
        return location


def demo_person(name: str) -> Person:
    person = find_person(name)
    assert person, f"The demo provider has no person called {name}"
    return person


def _button(page: Page, name: str, value: str) -> Locator:
    return page.locator(f'button[name="{name}"][value="{value}"]')
