"""The demo identity provider's server and authorization page."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from demo.identity_provider.faults import BY_NAME, FAULTS
from demo.identity_provider.people import LONG_NAME, PEOPLE, PLAIN, UNUSUAL
from tests.accounts.service_client import ServiceClient, send_request
from tests.services.chromium import Visitor
from tests.services.processes import Process, free_port, is_listening, wait_until
from tests.services.provider import Demo, allow, deny, fault, provider
from tests.services.site import Serve

ROOT = Path(__file__).resolve().parents[3]
BROWSERS_POLICY = "form-action 'self' 127.0.0.1:* localhost:*"


# Where it may run


def test_the_provider_cannot_be_imported_or_run_outside_debug(tmp_path: Path) -> None:
    environment = {**os.environ, "DEBUG": "0", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings"}
    words = "The demo identity provider logs anyone in without a password, so it only runs with DEBUG=1."
    for program in (["-c", "import demo.identity_provider"], ["manage.py", "demo_provider"]):
        command = [sys.executable, *program]
        ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 1
        kind = "CommandError" if "manage.py" in program else "django.core.exceptions.ImproperlyConfigured"
        assert ended.stderr.splitlines()[-1] == f"{kind}: {words}"


def command(port: int) -> list[str]:
    return [sys.executable, "manage.py", "demo_provider", "--port", str(port)]


def test_the_command_prints_its_url_reports_a_used_port_and_stops_on_a_signal(tmp_path: Path) -> None:
    port = free_port()
    process = Process(command(port), log=tmp_path / "log", environment=os.environ, folder=ROOT)
    try:
        process.wait_until(lambda: "\n" in process.output(), "its first line")
        assert process.output() == f"The demo identity provider is running at http://localhost:{port}.\n"
        second = subprocess.run(command(port), cwd=ROOT, capture_output=True, text=True, check=False)
        assert second.returncode == 2
        words = f"The demo identity provider cannot listen on port {port}: Address already in use."
        assert second.stderr == f"CommandError: {words}\n"
        assert is_listening(port)
    finally:
        assert process.stop() == 0


def test_the_provider_ends_with_the_server_that_started_it(serve: Serve) -> None:
    server = serve(provider=True)
    assert is_listening(server.port + 1)
    server.kill()
    wait_until(lambda: not is_listening(server.port + 1), "its end")


def test_the_provider_listens_only_on_both_loopback_addresses(demo: Demo) -> None:
    port = urlsplit(demo.base).port
    with socket.create_connection(("127.0.0.1", port or 0), 5):
        pass
    with socket.socket(socket.AF_INET6) as six:
        six.settimeout(5)
        try:
            six.bind(("::1", 0))
        except OSError:
            return  # a machine without IPv6
        six.connect(("::1", port))


# The page


class Buttons(HTMLParser):
    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str | None, str | None]] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "button":
            self.found.append((dict(attrs)["name"], dict(attrs)["value"]))


def test_the_page_names_the_service_and_offers_every_person_and_error(service: ServiceClient) -> None:
    reply = send_request("GET", service.authorization_url())
    page = reply.body.decode()
    name = service.demo.services[service.key].name
    assert f"<title>{name} · demo login</title>" in page
    assert f"This page imitates {name}. You don’t need a password" in page
    assert "<b>127.0.0.1:9</b> requests access to:" in page
    plain, odd = ([("person", one.handle) for one in group] for group in (PLAIN, UNUSUAL))
    wanted = [*plain, ("deny", "yes"), *odd, *(("fault", one.name) for one in FAULTS)]
    assert Buttons(reply.body).found == wanted


def test_the_page_has_its_own_content_security_policy(service: ServiceClient) -> None:
    policy = send_request("GET", service.authorization_url()).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert BROWSERS_POLICY in policy


def test_values_from_the_site_are_escaped(oidc: ServiceClient) -> None:
    page = send_request("GET", oidc.authorization_url(scope="openid <script>x</script>")).body.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_other_urls_show_the_home_page_or_not_found(demo: Demo) -> None:
    assert send_request("GET", f"{demo.base}/").status == 200
    for path in ("/nothing", "/x", "/x/", "/x/2/users/them", "//nothing", "/oidc/pictures/nobody"):
        assert send_request("GET", f"{demo.base}{path}").status == 404
    assert "@kofi_asante is a demo account" in send_request("GET", f"{demo.base}/x/kofi_asante").body.decode()
    assert send_request("POST", f"{demo.base}/x/2/oauth2/token", {"code": "x" * 70_000}).status == 413
    assert send_request("GET", f"{demo.base}/x/2/oauth2/token?{'&'.join(f'a{n}=1' for n in range(200))}").status == 405


def test_names_of_people_and_errors_are_unique() -> None:
    assert len({one.handle for one in PEOPLE}) == len({one.name for one in PEOPLE}) == len(PEOPLE)
    assert len({one.username for one in PEOPLE}) == len(PEOPLE)
    assert all(len(one.handle) <= 15 for one in PEOPLE)  # X accepts no longer state
    assert len(BY_NAME) == len(FAULTS)


@pytest.fixture
def other() -> Iterator[Demo]:
    """A server of another origin in place of the site, which accepts any request."""
    with provider() as other:
        yield other


def test_a_browser_returns_to_the_site(x: ServiceClient, other: Demo, visitor: Visitor) -> None:
    """The redirect crosses origins, which the page's own policy must allow."""
    question = x.authorization_url(redirect_uri=f"http://127.0.0.1:{urlsplit(other.base).port}/")
    page = visitor.open()
    acts: list[Callable[[], None]] = [
        lambda: allow(page, "Mara Lindqvist"),
        lambda: allow(page, LONG_NAME),
        lambda: fault(page, "wrong-state"),
        lambda: deny(page),
        lambda: by_keyboard(page),
    ]
    for act in acts:
        page.goto(question)
        act()
        page.wait_for_url("http://127.0.0.1:*/?*")
        assert {"code", "error"} & parse_qs(urlsplit(page.url).query).keys()


def by_keyboard(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == PLAIN[1].handle
    page.keyboard.press("Enter")


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_accessible(x: ServiceClient, facebook: ServiceClient, visitor: Visitor, dark: bool) -> None:
    page = visitor.open(x.authorization_url(), width=600, height=720, dark=dark)
    assert page.title() == "X (Twitter) · demo login"
    deny_button = page.get_by_role("button", name="Deny").bounding_box()
    assert deny_button
    assert deny_button["y"] + deny_button["height"] < 720  # fits the login window without scrolling
    page.set_viewport_size({"width": 360, "height": 720})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.naturalWidth)")
    assert findings(page) == []
    page.goto(facebook.authorization_url(client_id="another"))
    assert findings(page) == []


def findings(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]
