"""Account pages in a browser: all are accessible, and a passkey can be added, used and removed."""

import os
from itertools import count
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from playwright.sync_api import Page, expect

from accounts.models import Commenter, User
from accounts.profiles import avatars
from comments.notifications.signed_links import claim_url
from server.jobs.worker import process_identity
from tests import make
from tests.browser.layout import check_layout
from tests.conftest import RUNS_ALL
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

PASSWORD = "orchards are not sold"
numbers = count(1)
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def create_user(**fields: str) -> User:
    return make.user(f"pages{next(numbers)}", name="Rosa Castellanos", password=PASSWORD, **fields)


def with_host_name(site: "Server") -> str:
    """Return the site's address with a host name: browsers store no passkeys for IP addresses."""
    return site.url.replace("127.0.0.1", "localhost")


def log_in(page: Page, url: str, user: User) -> None:
    page.goto(f"{url}/accounts/login/?next=/accounts/me/")
    page.locator("[name=login]").fill(user.username)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_login_and_sign_up_pages_are_accessible(visitor: Visitor, site: "Server") -> None:
    user = create_user()
    page = visitor.open(f"{site.url}/accounts/login/")  # passkeys are impossible here, so none is offered
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)
    page.goto(f"{with_host_name(site)}/accounts/login/")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
    check_layout(visitor, page, dark=True)
    page.locator("#id_email").fill("nobody")
    page.get_by_role("button", name="Email me a code").click()
    expect(page.locator("#id_email")).to_have_attribute("aria-invalid", "true")
    check_layout(visitor, page)
    page.locator("#id_email").fill(user.email)
    page.get_by_role("button", name="Email me a code").click()
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("0000-0000")
    page.get_by_role("button", name="Log in", exact=True).click()
    expect(page.get_by_text("This code is wrong or has expired.")).to_be_visible()
    page.get_by_role("button", name="Send another code").click()
    expect(page.get_by_role("status")).to_contain_text("Any code from the last 15 minutes works.")
    check_layout(visitor, page)
    page.get_by_role("button", name="Cancel").click()
    page.goto(f"{site.url}/accounts/signup/")
    page.get_by_label("Name").fill("Ines Okafor")
    page.get_by_label("Email").fill(f"new.{user.email}")
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_text("Wrong email address?").click()
    check_layout(visitor, page)


@pytest.fixture
def reader() -> User:
    """A user with one of everything."""
    user = create_user()
    SocialAccount.objects.create(
        user=user, provider="twitter_oauth2", uid=user.username, extra_data={"username": "rosa_c"}
    )
    user.emailaddress_set.create(email=f"second.{user.email}", verified=True)
    essay = make.essay()
    for status in ("approved", "pending", "trash"):
        make.comment(essay, by=Commenter.objects.for_user(user), status=status)
    return user


def test_account_pages_are_accessible(visitor: Visitor, site: "Server", reader: User) -> None:
    page = visitor.open()
    log_in(page, with_host_name(site), reader)
    paths = [
        "me", "email", "password/change", "3rdparty", "2fa/totp/activate", "sessions", "2fa/webauthn", "2fa",
        "picture", "twitter_oauth2/login", "logout",
    ]  # fmt: skip
    for path in paths if RUNS_ALL else paths[::2]:
        page.goto(f"{with_host_name(site)}/accounts/{path}/")
        check_layout(visitor, page, dark=path == "me")
    page.goto(f"{with_host_name(site)}/accounts/2fa/totp/activate/")  # asks for the password first
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    check_layout(visitor, page)
    TOTP.activate(reader, page.locator(".secret").inner_text())
    for path in ("2fa", "2fa/totp/deactivate", "2fa/recovery-codes/generate"):  # "2fa" shows more now
        page.goto(f"{with_host_name(site)}/accounts/{path}/")
        check_layout(visitor, page)
    page.get_by_role("button", name="Create codes").click()
    expect(page.locator(".codes li")).to_have_count(10)
    check_layout(visitor, page)


@pytest.mark.long
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")], ids=["phone", "desk"])
def test_personal_pages_have_room_for_long_names(
    visitor: Visitor, site: "Server", width: int, scheme: Literal["dark", "light"]
) -> None:
    name, email = "Anna Katharina Karg-Hohenstein", f"anna.karg.{next(numbers)}@a-rather-long-domain.example.org"
    make.rules(hold_first_comment=True)
    essay = make.essay("Of Forms")
    make.comment(essay, by=make.guest(name, email=email), status="pending")
    page = visitor.open(width=width, dark=scheme == "dark")

    def check_layout(path: str = "", heading: str = "") -> None:
        if path:
            page.goto(site.url + path)
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), heading
        visitor.check_accessibility(page)

    check_layout("/privacy/", "Privacy")
    check_layout("/replies/comments/", "Your comments")
    check_layout("/accounts/claims/nonsense/", "This link has expired")
    page.goto(f"{site.url}/accounts/login/")
    page.locator("#id_email").fill(email)
    page.get_by_role("button", name="Email me a code").click()
    check_layout(heading="Enter the code")
    check_layout(
        urlsplit(claim_url(Commenter.objects.get(email=email))).path,
        "Are these comments yours?",
    )
    page.get_by_role("button", name="Sign up and add comments").click()
    check_layout(heading="Your comments")
    check_layout("/accounts/me/", "Your account")
    check_layout("/accounts/claims/", "Guest comments")
    check_layout("/accounts/forget/", "Your data")
    avatars.set_forbidden(Commenter.objects.get(email=email), True)
    check_layout("/accounts/picture/", "Your picture")
    expect(page.get_by_text("A moderator removed your picture")).to_be_visible()
    file = page.request.get(f"{site.url}/accounts/data/about-me.html").text()
    page.goto("about:blank")  # it has its own styles, which a page of the site may not have
    page.set_content(file)
    check_layout(heading=f"Data that Rejoinder stores about {name}")
    page.goto(f"{site.url}/accounts/data/")
    page.get_by_label("Delete them too.").check()
    page.get_by_role("button", name="Delete account").click()
    page.locator("#id_email").fill(email)
    page.get_by_role("button", name="Email me a code").click()
    check_layout(heading="Enter the code")


def test_the_owners_page_is_accessible(visitor: Visitor, site: "Server") -> None:
    owner = make.owner(f"pages{next(numbers)}")
    page = visitor.open()
    client = Client()  # logins per minute are limited, and all tests come from one address
    client.force_login(owner)
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": site.url}])
    page.goto(f"{site.url}/admin/")
    expect(page.get_by_role("table", name="Moderation and settings")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{site.url}/admin/identity/")
    page.get_by_label("Name").fill("Tomás Vega")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_text("Enter an email address.")).to_be_visible()
    check_layout(visitor, page)
    page.emulate_media(color_scheme="dark")  # already for the next page: the admin's links change color slowly
    page.get_by_label("Email").fill(f"tomas.{owner.email}")
    page.get_by_role("button", name="Send invitation").click()
    expect(page.get_by_role("button", name="Withdraw Tomás Vega")).to_be_visible()
    check_layout(visitor, page, dark=True)
    page.get_by_role("button", name="Withdraw Tomás Vega").click()
    expect(page.get_by_text("Withdrawn")).to_be_visible()


def test_the_page_to_import_export_and_back_up_is_accessible_in_every_state(visitor: Visitor, site: "Server") -> None:
    page = visitor.open()
    client = Client()
    client.force_login(make.owner(f"pages{next(numbers)}"))
    page.context.add_cookies([{"name": "session", "value": client.cookies["session"].value, "url": site.url}])
    page.goto(f"{site.url}/admin/import-export/")
    page.get_by_role("button", name="Check file").click()
    expect(page.get_by_text("Choose a file.")).to_be_visible()
    check_layout(visitor, page)
    remarks = [["3 pages of a section", ["content/" + "long-name" * 20 + ".md", "…"]]]
    report = {"counts": ["2 essays"], "unchanged": ["1 page"], "omitted": remarks, "remarks": remarks}
    kwargs = {"token": "0" * 32, "name": f"{'export-' * 20}.zip", "kind": "", "is_dry_run": True}
    result = DBTaskResult.objects.create(
        task_path="transfer.jobs.import_upload",
        args_kwargs={"args": [], "kwargs": kwargs},
        backend_name="default",
        run_after=timezone.now(),
        status="RUNNING",
        started_at=timezone.now(),
        worker_ids=[process_identity(os.getpid())],
    )
    page.goto(f"{site.url}/admin/import-export/{result.pk}/")
    expect(page.get_by_role("status")).to_have_text("Checking the file…")
    check_layout(visitor, page)
    result.set_successful({"report": report, "kind": "markdown"})
    expect(page.get_by_role("status")).to_have_text("File checked. Nothing was changed.")
    check_layout(visitor, page)
    page.emulate_media(color_scheme="dark")
    result.set_failed(ValueError())
    page.reload()
    expect(page.get_by_text("An unexpected error occurred.")).to_be_visible()
    check_layout(visitor, page, dark=True)
    result.delete()


def test_a_passkey_is_added_used_and_removed(visitor: Visitor, site: "Server") -> None:
    user = create_user()
    page = visitor.open(alone=True)
    browser = page.context.new_cdp_session(page)
    browser.send("WebAuthn.enable")
    browser.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    log_in(page, with_host_name(site), user)
    page.get_by_role("link", name="Passkeys").click()
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Passkey added")
    expect(page.get_by_role("listitem").filter(has_text="Laptop")).to_be_visible()
    check_layout(visitor, page)

    page.get_by_role("link", name="Add another passkey").click()
    page.get_by_role("button", name="Create passkey").click()
    expect(page.get_by_role("status")).to_contain_text("This device already has a passkey for this site.")
    check_layout(visitor, page)

    page.get_by_role("link", name="Log out").click()
    page.get_by_role("button", name="Log out").click()
    page.goto(f"{with_host_name(site)}/accounts/login/?next=/about/")
    page.evaluate("() => { navigator.credentials.get = () => Promise.reject(new DOMException('', 'NotAllowedError')) }")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("status")).to_contain_text("You canceled, or this device has no passkey")
    page.reload()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{with_host_name(site)}/about/")

    page.goto(f"{with_host_name(site)}/accounts/2fa/webauthn/")
    page.get_by_role("link", name="Rename Laptop").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Old laptop")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Remove Old laptop").click()
    check_layout(visitor, page)
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_role("status")).to_contain_text("Passkey removed.")
