"""The publishing step as tests use it: a saved draft, subscribers, and the page of the step."""

from datetime import UTC, datetime, timedelta

from django.core import mail
from django.utils import timezone

from accounts.models import User
from blog.models import Essay
from comments import jobs
from comments.models import Address, Subscription
from tests.blog.essay_forms import EssayForm, step_url
from tests.comments.browser_client import Page

NOW = datetime(2026, 12, 1, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def saved_draft(author: User) -> EssayForm:
    """Return the open form of a saved draft."""
    essay_form = EssayForm(author)
    essay_form.open()
    essay_form.save(title="Objections", body="<p>Hardly anybody.</p>")
    essay_form.open()
    return essay_form


def subscribe(*names: str) -> None:
    for name in names:
        address = Address.objects.create(email=f"{name}@example.org", verified=timezone.now())
        Subscription.objects.create(address=address, kind="essays", confirmed=timezone.now() - timedelta(days=1))


def emails() -> list[str]:
    """Let the worker run; return the recipients of what it sends."""
    mail.outbox.clear()
    jobs.send_due.call()
    return sorted(message.to[0] for message in mail.outbox)


def the_essay() -> Essay:
    return Essay.objects.get()


def page_of(form: EssayForm) -> Page:
    assert form.essay
    return Page(form.client.get(step_url(form.essay)))


def button(form: EssayForm) -> str:
    """Return all that the button may say; the style sheet shows what the choices call for."""
    return " | ".join(" ".join(each.itertext()) for each in page_of(form).all("button[@type='submit']/span"))
