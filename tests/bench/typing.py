"""How long a key press takes to appear in the editor, with an essay of 20,000 words and 62 notes and the browser slowed
to a quarter: from the key press to the next frame, in the middle, in a note, and at the end."""

import os
import random
from statistics import median

from django.conf import settings
from playwright.sync_api import Page, sync_playwright

from blog import markup
from tests import make
from tests.services.chromium import FLAGS, chromium_path
from tests.services.sessions import log_in
from tests.services.site import temporary_server

SLOWER = 4
OPTIMIZING = [flag for flag in FLAGS if not flag.startswith("--js-flags")]  # as in users' browsers
ROUNDS = 3
WORDS = 20_000
NOTES = 62
KEYS = "What is thought here, and then. "
OBSERVE = """() => {
  window.seen = [];
  addEventListener("keydown", () => {
    const start = performance.now();
    requestAnimationFrame(() => setTimeout(() => seen.push(performance.now() - start)));
  }, { capture: true });
}"""
SET_CURSOR = """([selector, index]) => {
  const found = [...document.querySelectorAll(`.editor-text ${selector}`)];
  const place = found[Math.floor(index * (found.length - 1))];
  place.scrollIntoView({ block: "center" });
  const range = document.createRange();
  range.selectNodeContents(place);
  range.collapse(false);
  getSelection().removeAllRanges();
  document.querySelector(".editor-text").focus();
  getSelection().addRange(range);
}"""
POSITIONS = {"middle": ("> p", 0.5), "note": ("section li", 0.5), "end": ("> p", 1)}


def main() -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    os.environ["SECRET_KEY"] = settings.SECRET_KEY  # the server accepts the session created here
    print(
        f"from key press to paint, essay of {WORDS:,} words and {NOTES} notes; ms with the CPU {SLOWER} x slower, {ROUNDS} rounds"
    )
    print(f"{'':>10}{'median':>10}{'maximum':>10}")
    with temporary_server() as server:
        with server.connected():
            make.site()
            author = make.author("typist")
            essay = make.essay("A long one", by=author, body=body())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=OPTIMIZING)
            page = browser.new_page()
            with server.connected():
                log_in(page.context, author, server.url)
            page.add_init_script(f"({OBSERVE})()")
            page.goto(f"{server.url}/admin/blog/essay/{essay.pk}/change/")
            page.wait_for_selector(".editor-text")
            page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            for position in POSITIONS:
                times = [each for _ in range(ROUNDS) for each in type_at(page, position)]
                print(f"{position:>10}{median(times):>10.0f}{max(times):>10.0f}", flush=True)


def type_at(page: Page, position: str) -> list[float]:
    page.evaluate(SET_CURSOR, POSITIONS[position])
    page.evaluate("seen.length = 0")
    page.keyboard.type(KEYS, delay=120)
    page.wait_for_function("count => seen.length >= count", arg=len(KEYS))
    return [float(each) for each in page.evaluate("seen")]


def body() -> str:
    """Paragraphs of a hundred words with a heading now and then; notes at equal distances."""
    random_ = random.Random(20)
    words = ["the", "of", "a", "promise", "walks", "morning", "who", "said", "nobody", "kept", "and", "then", "it"]
    paragraphs = WORDS // 100
    marked = {index * paragraphs // NOTES for index in range(NOTES)}
    parts: list[str] = []
    notes: list[str] = []
    for index in range(paragraphs):
        sentence = " ".join(random_.choice(words) for _ in range(100))
        mark = ""
        if index in marked:
            n = len(notes) + 1
            mark = f'<sup><a id="ref-{n}" href="#note-{n}" role="doc-noteref">{n}</a></sup>'
            notes.append(f'<li id="note-{n}">{" ".join(random_.choice(words) for _ in range(20))}</li>')
        parts.append(("<h2>A part</h2>" if index % 20 == 0 else "") + f"<p>{sentence}.{mark}</p>")
    return markup.clean_essay("".join(parts) + f'<section role="doc-endnotes"><ol>{"".join(notes)}</ol></section>')


if __name__ == "__main__":
    main()
