"""An essay with everything that is hard to show in narrow windows and old programs, as the cleaner leaves it."""

from blog import markup

PIXEL = "/media/images/2026/12/wide.png"
LONG = "https://example.org/" + "a-very-long-address/" * 12
_WORDS = "the promise we keep is not the one that we made because a reader who answers us has heard another word"
_HEADS = (
    "Year",
    "Population",
    "Emigration",
    "Manufacturing",
    "Agriculture",
    "Subscriptions",
    "Unclassified",
    "Remarks",
)


def strange_essay() -> str:
    """Return the body; its picture is `PIXEL`, 2400 × 1200."""
    row = "".join(f"<td>{name}, {12_345_678 * number:,}</td>" for number, name in enumerate(_HEADS, 1))
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEADS)
    mark = '<sup><a id="ref-{0}" href="#note-{0}" role="doc-noteref">{0}</a></sup>'
    return markup.clean_essay(f"""
        <p>{_WORDS.capitalize()}.{mark.format(1)} See <a href="{LONG}">{LONG}</a> and {"unbroken" * 40}.</p>
        <h2>A table of eight columns</h2>
        <table><caption>What was counted</caption><thead><tr>{head}</tr></thead><tbody><tr>{row}</tr><tr>{row}</tr></tbody>
        </table>
        <table><thead><tr><th>One</th><th>Two</th></tr></thead><tbody><tr><td>{_WORDS}</td><td>{LONG}</td></tr></tbody></table>
        <figure class="wide"><img src="{PIXEL}" alt="A wide map of the coast" width="2400" height="1200">
        <figcaption>The coast, <em>drawn</em> in 1911.{mark.format(2)}</figcaption></figure>
        <p><img src="{PIXEL}" alt="A picture in a paragraph"></p>
        <h3>Code and quotations</h3>
        <pre><code>def answer(question: str) -> str:
    return {"'" + "x" * 160 + "'"}  # a line that is wider than any window
</code></pre>
        <blockquote><p>{_WORDS}</p><blockquote><p>{_WORDS}</p></blockquote></blockquote>
        <blockquote class="pull"><p>One sentence, pulled out of the text.</p></blockquote>
        <ul><li>one<ul><li>two<ul><li>three</li></ul></li></ul></li><li><code>{"code" * 40}</code></li></ul>
        <ol start="7"><li><p>{_WORDS}</p><p>{_WORDS}</p></li></ol>
        <dl><dt>Term</dt><dd>{_WORDS}</dd></dl><details><summary>More</summary><p>{_WORDS}</p></details><hr>
        <p dir="rtl" lang="ar">هذه فقرة من اليمين إلى اليسار.</p>
        <blockquote dir="rtl" lang="he"><p>וזה ציטוט מימין לשמאל.</p></blockquote>
        <p>H<sub>2</sub>O, <mark>marked</mark>, <kbd>Ctrl</kbd>, <s>struck</s>, <time datetime="1911">1911</time>.</p>
        <section role="doc-endnotes"><ol><li id="note-1"><p>A note with <a href="{LONG}">{LONG}</a>.</p></li>
        <li id="note-2"><p>{_WORDS}</p><table><tbody><tr>{row}</tr></tbody></table></li></ol></section>
    """)
