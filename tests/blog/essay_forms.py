"""Test helpers for writing: the admin's form as a browser sends it, and a very long essay."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from unittest.mock import patch

from django.template.response import TemplateResponse
from django.test import Client

from accounts.models import User
from blog import markup
from blog.models import Essay

WORDS = "the promise we keep is not the one that we made because a reader who answers us has heard another word".split()  # noqa: SIM905


def long_essay(words: int = 13_600, notes: int = 62) -> str:
    """Return a long essay as the cleaner leaves it, no two paragraphs alike."""
    a_paragraph = 80
    parts = []
    for number in range(words // a_paragraph):
        said = [WORDS[(number * 7 + place * (number % 5 + 1)) % len(WORDS)] for place in range(a_paragraph - 1)]
        said.append(f"n{number}")
        if number % 20 == 0:
            parts.append(f"<h2>Part {number // 20 + 1}</h2>")
        if number % 2 == 0 and number // 2 < notes:
            note = number // 2 + 1
            said[40] += f'<sup><a id="ref-{note}" href="#note-{note}" role="doc-noteref">{note}</a></sup>'
        parts.append(f"<p>{' '.join(said)}.</p>")
    items = "".join(
        f'<li id="note-{note}"><p>Note {note}, <em>with its source</em>.</p></li>' for note in range(1, notes + 1)
    )
    return markup.clean_essay("".join(parts) + f'<section role="doc-endnotes"><ol>{items}</ol></section>')


def from_word(body: str) -> str:
    """Return the same essay as Word puts it on the clipboard: styles everywhere, each note in a part of its own."""
    text, _, notes = body.partition('<section role="doc-endnotes"><ol>')
    text = re.sub(
        r"<p>", "<p class=MsoNormal style='margin-bottom:8.0pt'><span lang=EN-GB style='font-size:11.0pt'>", text
    )
    text = text.replace("</p>", "<o:p></o:p></span></p>\n")
    text = re.sub(
        r'<sup><a id="ref-(\d+)"[^>]*>\d+</a></sup>',
        r"""<a style='mso-footnote-id:ftn\1' href="#_ftn\1" name="_ftnref\1" title=""><span class=MsoFootnoteReference>"""
        r"<span style='mso-special-character:footnote'><![if !supportFootnotes]>[\1]<![endif]></span></span></a>",
        text,
    )
    parts = re.findall(r'<li id="note-(\d+)"><p>(.*?)</p></li>', notes)
    each = "".join(
        f"<div style='mso-element:footnote' id=ftn{n}><p class=MsoFootnoteText><a style='mso-footnote-id:ftn{n}' "
        f'href="#_ftnref{n}" name="_ftn{n}" title=""><span class=MsoFootnoteReference>[{n}]</span></a> {words}<o:p></o:p></p></div>'
        for n, words in parts
    )
    return (
        "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p.MsoNormal{margin:0}</style></head><body lang=EN-GB>"
        f"<!--StartFragment-->{text}<div style='mso-element:footnote-list'><br clear=all><hr size=1 width='33%'>{each}</div>"
        "<!--EndFragment--></body></html>"
    )


class EssayForm:
    """A user at the admin's form of one essay."""

    def __init__(self, user: User, essay: Essay | None = None) -> None:
        self.client = Client(headers={"host": "127.0.0.1", "sec-fetch-site": "same-origin"})
        self.client.force_login(user)
        self.essay = essay
        self.values: dict[str, Any] = {}

    @property
    def address(self) -> str:
        return f"/admin/blog/essay/{self.essay.pk}/change/" if self.essay else "/admin/blog/essay/add/"

    def url_of(self, name: str) -> str:
        return f"/admin/blog/essay/{self.essay.pk if self.essay else 'new'}/{name}/"

    def open(self, query: str = "") -> None:
        """Open the form; its values are sent next, except those that a test changes."""
        with without_rendering():
            self.open_html(query)

    def open_html(self, query: str = "") -> str:
        """Open the form and return its HTML."""
        answer = self.client.get(self.address + query)
        assert answer.status_code == 200
        self.values = form_values(answer)
        return answer.content.decode()

    def send(self, button: str, **typed: Any) -> Any:
        answer = self.client.post(self.address, {**self.values, button: "1", **typed})
        if self.essay is None and answer.status_code == 302:
            self.essay = Essay.objects.latest("pk")
        return answer

    def save(self, **typed: Any) -> Any:
        return self.send("_draft", **typed)

    def publish(self, step: dict[str, Any] | None = None, **typed: Any) -> Any:
        """Click "Publish", then the button of the publishing step with these choices."""
        answer = self.send("_publish", **typed)
        return self.take_step(**(step or {})) if answer.status_code == 302 else answer

    def take_step(self, **chosen: Any) -> Any:
        assert self.essay
        return take_step(self.client, self.essay, **chosen)

    def autosave(self, **typed: Any) -> Any:
        """Send what the page's script sends while a user types."""
        return self.client.post(self.url_of("draft"), {**self.values, **typed})


def take_step(client: Client, essay: Essay, **chosen: Any) -> Any:
    """Send the publishing step as it opens, except for these choices; None leaves one out."""
    sent = step_values(client, essay) | chosen
    return client.post(step_url(essay), {name: value for name, value in sent.items() if value is not None})


def step_url(essay: Essay) -> str:
    return f"/admin/blog/essay/{essay.pk}/publish/"


def step_values(client: Client, essay: Essay) -> dict[str, Any]:
    """Return the fields that the publishing step would send unchanged."""
    with without_rendering():
        context: Any = client.get(step_url(essay)).context_data
    return {"state": context["state"], **{name: value for field in context["form"] for name, value in sent(field)}}


def at(when: datetime) -> dict[str, str]:
    """Return the choices of the publishing step for a time in the author's time zone."""
    return {"when": "at", "date": f"{when:%Y-%m-%d}", "time": f"{when:%H:%M}"}


def without_rendering() -> Any:
    """Open the admin's pages without rendering them, which would take ten times as long as everything before."""
    return patch.object(TemplateResponse, "rendered_content", "")


def form_values(answer: Any) -> dict[str, Any]:
    """Return the fields that a form of the admin would send unchanged."""
    context = answer.context_data
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    filled = {name: value for form in forms for field in form for name, value in sent(field)}
    taken_up = context.get("taken_up")
    hidden = {
        "base": context.get("base", ""),
        "draft": taken_up.pk if taken_up else "",
        "over": context.get("over", ""),
    }
    return filled | hidden


def sent(field: Any) -> Iterator[tuple[str, Any]]:
    value = field.value()
    widget = field.field.widget
    if hasattr(widget, "widgets"):
        for number, part in enumerate(widget.decompress(value)):
            yield f"{field.html_name}_{number}", "" if part is None else str(part)
    elif isinstance(value, bool):
        if value:
            yield field.html_name, "on"
    elif isinstance(value, list):
        yield field.html_name, [getattr(each, "pk", each) for each in value]
    elif value is not None:
        yield field.html_name, getattr(value, "pk", value)


def public_page(essay: Essay) -> str:
    return Client(headers={"host": "127.0.0.1"}).get(essay.get_absolute_url()).content.decode()
