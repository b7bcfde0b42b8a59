"""Hostile markup as text, name and website, posted through the form and shown in a real browser: nothing runs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from comments.models import Comment
from tests import make
from tests.conftest import RUNS_ALL
from tests.faults.http_client import HTTPClient
from tests.services.chromium import Visitor

if TYPE_CHECKING:
    from tests.services.site import Server

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "security"
SAMPLE = 4  # from each file, unless --all
OWN = [
    "<script>window.acted = 1</script>",
    "<img src=x onerror=window.acted=1>",
    "<svg onload=window.acted=1><script>window.acted=1</script></svg>",
    "[click](javascript:window.acted=1)",
    "[click](JaVa&#115;cript&colon;window.acted=1)",
    '<a href="java\tscript:window.acted=1">x</a>',
    '<a href="data:text/html,<script>window.acted=1</script>">x</a>',
    '"><img src=x onerror=window.acted=1>',
    "' onmouseover='window.acted=1",
    '<math><mtext><table><mglyph><style><img src=x onerror="window.acted=1">',
    "<noscript><p title='</noscript><img src=x onerror=window.acted=1>'>",
    "<b style='background:url(javascript:window.acted=1)' onclick=window.acted=1>b</b>",
    "<iframe srcdoc='<script>parent.acted=1</script>'></iframe>",
    "<form action=javascript:window.acted=1><button>go</button></form>",
    "<base href=//evil.example/><link rel=stylesheet href=//evil.example/x.css>",
    "<!--><script>window.acted=1</script>-->",
    "<details open ontoggle=window.acted=1>",
    "`<img src=x onerror=window.acted=1>`",
    "\n\n    <script>window.acted=1</script>",
    "<p id=respond><input name=parent><a name=body>",
]
ALLOWED = [
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "del", "em", "i", "li", "ol", "p", "pre", "q", "s", "strong", "ul",
]  # fmt: skip
WATCH = """
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => { window.acted = 1 };
addEventListener("securitypolicyviolation", event => { (window.refused ??= []).push(event.violatedDirective) });
"""
LOOK = """allowed => {
  const wrong = [];
  for (const node of document.querySelectorAll("main *, main")) {
    for (const {name, value} of node.attributes) {
      if (name.startsWith("on") || name === "style") wrong.push(`${node.tagName} ${name}`);
      if (/^(href|src|action|formaction|xlink:href)$/.test(name) && /^[\\s\\0-\\x20]*(javascript|data|vbscript):/i.test(value))
        wrong.push(`${node.tagName} ${name}=${value}`);
    }
  }
  for (const node of document.querySelectorAll(".comment-body *"))
    if (!allowed.includes(node.localName)) wrong.push(node.localName);
  for (const link of document.querySelectorAll(".by a, .comment-body a"))
    if (!/^(https?|mailto):/.test(link.getAttribute("href") ?? "http:")) wrong.push(link.outerHTML);
  return {wrong, acted: window.acted ?? 0, refused: window.refused ?? [],
          forms: document.querySelectorAll("form#respond").length};
}"""


def payloads() -> Iterator[str]:
    yield from OWN
    for file in sorted(SHARED.glob("xss-*.jsonl")):
        samples = [json.loads(line)["payload"] for line in file.read_text().splitlines()]
        yield from samples if RUNS_ALL else samples[:: max(1, len(samples) // SAMPLE)]


def store(caller: HTTPClient, address: str, number: int, payload: str) -> bool:
    """Send the payload in every field that accepts it; return whether a comment was created."""
    fields = {
        "text": f"{payload}\n\n({number})",
        "name": payload.encode()[:245].decode(errors="ignore"),
        "email": "mallory@example.org",
        "website": payload.encode()[:200].decode(errors="ignore"),
    }
    for omitted in ((), ("website",), ("website", "name")):
        data = {**fields, **{name: {"website": "", "name": f"Mallory {number}"}[name] for name in omitted}}
        response = caller.request("POST", f"{address}respond/", urlencode(data, errors="replace"))
        assert response.status in {302, 409, 422}, (response.status, payload)
        if response.status == 302:
            return True
    return False


def check_page(page: Page, url: str) -> None:
    page.goto(url)
    seen = page.evaluate(LOOK, ALLOWED)
    assert seen == {"wrong": [], "acted": 0, "refused": [], "forms": 1}, url


def test_no_payload_runs_on_the_page_that_shows_it(visitor: Visitor, site: "Server") -> None:
    make.rules(hold_first_comment=False, hold_links=0)
    caller = HTTPClient(site.url)
    samples = list(payloads())
    page = visitor.open(alone=True)
    page.add_init_script(WATCH)
    page.on("dialog", lambda dialog: pytest.fail(f"A dialog: {dialog.message}"))
    stored = 0
    for start in range(0, len(samples), 100):
        essay = make.essay(f"Payloads from {start}")
        address = essay.get_absolute_url()
        stored += sum(
            store(caller, address, number, payload)
            for number, payload in enumerate(samples[start : start + 100], start)
        )
        pages = -(-Comment.objects.filter(essay=essay).count() // 50)
        for number in range(1, pages + 1):
            check_page(page, f"{site.url}{address}" + (f"?cpage={number}" if number > 1 else ""))
    assert stored > len(samples) * 0.95
