"""One log line for each login and each failed one, in the form that the documented fail2ban filter reads."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tests import make
from tests.accounts.by_provider import PASSWORD, Browser
from tests.services import provider as demo

if TYPE_CHECKING:
    from tests.services.site import Serve

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("configured_provider")]
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "fail2ban.md"
ADDRESS = r"(?P<address>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]+:[0-9a-fA-F:]+)"  # what fail2ban replaces <ADDR> by
EMAIL = "miriam@example.org"


def banned(line: str) -> str | None:
    """Return the address that the documented filter finds in a line."""
    found = re.search(r"^failregex = (.+)$", DOCUMENT.read_text(), re.MULTILINE)
    assert found
    match = re.search(found[1].replace("<ADDR>", ADDRESS), line)
    return match and match["address"]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The lines that the site's own handler writes."""
    logger = logging.getLogger("rejoinder")
    written: list[str] = []
    handler = logging.Handler()
    handler.setFormatter(logger.handlers[0].formatter)
    handler.emit = lambda record: written.append(without_time(handler.format(record)))  # type: ignore[method-assign]
    logger.getChild("login").addHandler(handler)
    yield written
    logger.getChild("login").removeHandler(handler)


def without_time(written: str) -> str:
    """Return a line as fail2ban passes it to the filter, after it has read the time."""
    time, _, rest = written.partition(" ")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time)
    return rest


def line(outcome: str, method: str, account: str, address: str = "203.0.113.7") -> str:
    level = "INFO" if outcome == "succeeded" else "WARNING"
    account = re.sub("^[^@]+@", "…@", account)  # no email address is logged
    return f'{level} rejoinder.login: login {outcome}: address={address} method={method} account="{account}"'


def test_each_login_by_password_writes_one_line(lines: list[str]) -> None:
    make.user("miriam", password=PASSWORD)
    browser = Browser()
    browser.log_in_by_password("Miriam", "wrong")
    browser.log_in_by_password("nobody@example.org", "wrong")
    browser.log_in_by_password(EMAIL, PASSWORD)
    assert lines == [
        line("failed", "password", "miriam"),
        line("failed", "password", "nobody@example.org"),
        line("succeeded", "password", "miriam"),
    ]
    assert [banned(each) for each in lines] == ["203.0.113.7", "203.0.113.7", None]


def test_a_login_that_has_to_wait_writes_a_line_too(lines: list[str]) -> None:
    for _time in range(6):
        Browser().log_in_by_password("miriam", "wrong")
    assert lines == [line("failed", "password", "miriam")] * 6


def test_each_login_by_emailed_code_writes_one_line(lines: list[str]) -> None:
    make.user("miriam")
    browser = Browser("2001:db8::7")
    code = browser.ask_for_code(EMAIL)
    browser.enter_code("0000-0000")
    browser.enter_code(code)
    assert lines == [
        line("failed", "code", EMAIL, "2001:db8::7"),
        line("succeeded", "code", "miriam", "2001:db8::7"),
    ]
    assert banned(lines[0]) == "2001:db8::7"


def test_a_wrong_code_for_a_new_password_writes_a_line(lines: list[str]) -> None:
    make.user("miriam", password=PASSWORD)
    browser = Browser()
    browser.post("/accounts/password/reset/", {"email": EMAIL})
    browser.post("/accounts/password/reset/confirm/", {"code": "0000-0000"})
    assert lines == [line("failed", "code", EMAIL)]


def test_a_two_factor_code_is_logged_with_its_login(lines: list[str]) -> None:
    from tests.accounts.account_pages import code_of

    user, secret = make.moderator("miriam", password=PASSWORD), generate_totp_secret()
    TOTP.activate(user, secret)
    browser = Browser()
    browser.log_in_by_password("miriam", PASSWORD)
    assert not lines
    browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert lines == [line("failed", "two-factor", "miriam"), line("succeeded", "password+two-factor", "miriam")]
    assert banned(lines[0]) == "203.0.113.7"


@pytest.mark.parametrize("credential", ['{"id": "forged"}', "[1]", '"x"', '{"id": "AA", "rawId": "AA", "response": 1}'])
def test_a_passkey_that_is_refused_writes_a_line(lines: list[str], credential: str) -> None:
    answer = Browser().post("/accounts/2fa/webauthn/login/", {"credential": credential})
    assert answer.headers["Location"] == "/accounts/login/"
    assert lines == [line("failed", "passkey", "")]
    assert banned(lines[0]) == "203.0.113.7"


def test_each_login_by_provider_writes_one_line(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    make.moderator("moderator")
    browser = Browser()
    browser.log_in("x")
    username = browser.user.username
    browser.post("/accounts/logout/")
    browser.log_in("x", "Teodor Marin")
    browser.finish_login(
        demo.complete_authorization(browser.start_login("facebook"), deny=True)
    )  # canceling is not a failure
    answer = demo.complete_authorization(browser.start_login("demo"))
    monkeypatch.setattr(requests.Response, "json", lambda _response: {})
    browser.finish_login(answer)
    assert lines == [
        line("succeeded", "x", username),
        line("failed", "x", "moderator@example.org"),
        line("failed", "demo", ""),
    ]
    assert [banned(each) for each in lines] == [None] * 3  # an unreachable service must not ban anyone


@pytest.mark.parametrize(
    "typed",
    [
        'x"\nWARNING rejoinder.login: login failed: address=198.51.100.9 method=password account="y',
        "WARNING rejoinder.login: login failed: address=198.51.100.9 method=password account=",
        "\r\n\x1b[2J\x1b]0;owned\x07\u2028\u202e",
        'x" address=198.51.100.9 method=password account="y',
        "é" * 5000,
    ],
)
def test_typed_text_cannot_forge_a_line(lines: list[str], typed: str) -> None:
    Browser().log_in_by_password(typed, "wrong")
    (written,) = lines
    assert written.isascii()
    assert written.isprintable()
    assert len(written) < 800
    assert banned(written) == "203.0.113.7"


def test_the_logged_address_is_the_clients_behind_a_trusted_proxy(serve: "Serve") -> None:
    """The filter also gets what `serve` really writes."""
    server = serve(demo=True, TRUSTED_PROXIES="127.0.0.1")
    for forwarded, password in (("203.0.113.7", "wrong"), ("198.51.100.9, 2001:db8::7", "demo")):
        headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": forwarded}
        form = {"login": "moderator", "password": password}
        requests.post(f"{server.url}/accounts/login/", form, headers=headers, allow_redirects=False)
    server.stop()
    log = (server.installation.data_dir / "serve.log").read_text().splitlines()
    written = [each for each in log if "rejoinder.login" in each]
    about_request = re.compile(r" \[[0-9a-f]{16}\] POST /accounts/login/(?=: login)")
    assert [about_request.sub("", without_time(each)) for each in written] == [
        line("failed", "password", "moderator"),
        line("succeeded", "password", "moderator", "2001:db8::7"),
    ]
    assert [banned(each) for each in log if banned(each)] == ["203.0.113.7"]
    assert banned(f"host serve[12]: {written[0]}") == "203.0.113.7"  # the way fail2ban reads the journal
