"""Formulas and highlighted code: what is shown, and that hostile TeX and code cost little and run nothing."""

import re
import threading
import time

import pytest

from blog import markup
from blog.markup import formulas, highlighting
from tests.blog import hostile, reading

# As html5lib names them
MATH = {f"{{http://www.w3.org/1998/Math/MathML}}{name}": {*formulas._CHECKS, "class"} for name in formulas._ELEMENTS}
SPANS = {"span": {"class", "tabindex", "lang", "dir"}, "pre": {"class", "lang", "dir"}}


def typeset(html: str) -> str:
    return markup.typeset(markup.clean_essay(html), has_formulas=True)


# Formulas


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        (r"\(E=mc^2\)", "<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>"),
        (r"$$\frac{a}{b}$$", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        (r"\(a &lt; b\)", "<mo>&lt;</mo>"),
        ("$$f’(x)$$", "<mo>′</mo>"),
        (
            r"$$\begin{align}a&amp;=b\\<br>c&amp;=d\end{align}$$",
            '<mtable displaystyle="true" class="m-wide">',
        ),
        (r"\(\text{if } x &gt; 0\)", "<mtext>if\u00a0</mtext>"),
    ],
)
def test_tex_becomes_mathml(typed: str, shown: str) -> None:
    html = typeset(f"<p>So {typed} it is.</p>")
    assert shown in html
    assert html.startswith("<p>So <")
    assert html.endswith(" it is.</p>")


@pytest.mark.parametrize(
    "html",
    [
        r"<p><code>\(x\)</code> and <kbd>$$x$$</kbd></p>",
        r"<pre>\(x\)</pre>",
        r'<pre class="language-tex">$$x$$</pre>',
        r"<p>\(x and <em>y\)</em></p>",
        r"<p>\(\unknown\) costs $5 or $$</p>",
        r"<p>\(\)</p>",
        r"<p>$$ $$</p>",
        r"<p>\(x</p><p>y\)</p>",
        r"<p>\(\frac{a\)</p>",
        r"<p>$$a &amp; b$$</p>",
        r"<p>$$% a comment$$</p>",
    ],
)
def test_no_formula_in_code_or_where_it_fails(html: str) -> None:
    shown = markup.typeset(html, has_formulas=True)
    assert "<math" not in shown
    assert markup.plain_text(shown) == markup.plain_text(html)


def test_a_text_without_the_setting_keeps_its_dollars() -> None:
    html = r"<p>\(x\) and $$y$$</p>"
    assert markup.typeset(html, has_formulas=False) == html


HOSTILE_TEX = [
    r"\href{javascript:alert(1)}{x}",
    r"\url{javascript:alert(1)}",
    r"\style{color:red}{x}",
    r"\class{a}{x}",
    r"\htmlData{onload=alert(1)}{x}",
    r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
    r"\text{&lt;/math&gt;&lt;img src=x onerror=alert(1)&gt;}",
    r"\operatorname{&lt;b&gt;}",
    r"\color{red;background:url(//evil.example)}x",
    r"\begin{align}x\label{&quot;&gt;&lt;script&gt;}\end{align}",
    r"\unicode{60}script\unicode{62}",
    r"\newcommand{\a}{\a\a}\a",
    r"\def\a{\a\a}\a",
    r"\newcommand{\a}[1]{#1#1#1#1#1#1#1#1}\a{\a{\a{\a{\a{\a{\a{\a{x}}}}}}}}",
    r"\hspace{-9999em}\rule{9999em}{9999em}x",
    "&lt;!--" * 50,
    "&lt;![CDATA[" * 50,
    "%" * 500,
]
DEEP_TEX = [
    r"\sqrt" * 300 + " x",
    "{" * 900 + "x" + "}" * 900,
    r"\left(" * 150 + "x" + r"\right)" * 150,
    "x^" + "{x^" * 400 + "x" + "}" * 400,
    r"\frac 1" * 250 + "2",
    r"\begin{matrix}" * 70 + "x" + r"\end{matrix}" * 70,
    "x" + "'" * 1_900,
]


@pytest.mark.parametrize("tex", [*HOSTILE_TEX, *DEEP_TEX])
@pytest.mark.parametrize("signs", ["$${}$$", r"\({}\)"])
def test_hostile_tex_leaves_only_listed_mathml(tex: str, signs: str) -> None:
    before, after = signs.split("{}")
    html = typeset(f"<p>{before}{tex}{after}</p>")
    assert reading.faults(html, reading.ESSAY | MATH | SPANS) == []
    assert "9999" not in html or "<math" not in html


def test_html_that_hides_in_tex_stays_text() -> None:
    for payload in hostile.SAMPLE:
        html = markup.clean_essay(f"<p>$${payload}$$ \\({payload}\\)</p>")
        allowed = reading.ESSAY | MATH | SPANS
        assert reading.faults(markup.typeset(html, has_formulas=True), allowed) == reading.faults(html, allowed)


@pytest.mark.parametrize(
    "text",
    [
        "$$x$$ " * 20_000,
        r"\(" * 100_000,
        "$$" * 100_000,
        "$" * 200_001,
        r"\(" + "x" * 200_000 + r"\)",
        "$$" + "{" * 200_000 + "$$",
        r"\(" + "<br>" * 20_000 + r"\)",
        *(f"$${tex}$$ " * 200 for tex in DEEP_TEX),
    ],
    ids=range(14),
)
def test_much_tex_takes_little_time_and_space(text: str) -> None:
    html = f"<p>{text}</p>"
    start = time.process_time()
    made = markup.typeset(html, has_formulas=True)
    assert time.process_time() - start < 10  # about 0.3 s
    assert len(made) < len(html) + formulas.MAX_TOTAL * 60


def test_deep_tex_fits_into_the_small_stack_of_a_server_thread() -> None:
    made: list[str] = []
    before = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: made.extend(typeset(f"<p>$${tex}$$</p>") for tex in DEEP_TEX))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert len(made) == len(DEEP_TEX)


# Code


@pytest.mark.parametrize(
    "html",
    [
        '<pre><code class="language-python">x = 1\ny</code></pre>',
        '<pre class="language-python"><code>x = 1\ny</code></pre>',
        '<pre class="lang-Python">x = 1\ny</pre>',
        '<pre class="a language-python b"><code class="hljs">x = 1\ny</code></pre>',
    ],
)
def test_a_language_is_kept_where_it_is_written(html: str) -> None:
    assert markup.clean_essay(html) == '<pre class="language-python">x = 1\ny</pre>'


@pytest.mark.parametrize(
    "html", ["<pre><code>x</code></pre>", "<pre>x</pre>", "<pre><code>x</code> <code>y</code></pre>"]
)
def test_code_without_a_language_is_as_it_was(html: str) -> None:
    assert markup.clean_essay(html) == html
    assert markup.typeset(html, has_formulas=True) == html


@pytest.mark.parametrize("name", ['language-"><script>', "language-", "language-plaintext", "python", "language- x"])
def test_other_classes_of_code_are_dropped(name: str) -> None:
    assert markup.clean_essay(f"<pre class='{name}'>x</pre>") == "<pre>x</pre>"


def test_code_is_highlighted_by_classes_and_keeps_its_text() -> None:
    code = 'def f(x):\n    # a &lt;b&gt;\n    return "s" + 1\n\n\nf(2)'
    shown = typeset(f'<pre class="language-python" lang="en">{code}</pre>')
    assert shown.startswith('<pre class="language-python" lang="en"><code><span class="k">def</span> ')
    assert '<span class="c"># a &lt;b&gt;</span>' in shown
    assert reading.faults(shown, reading.ESSAY | SPANS) == []
    assert markup.plain_text(shown) == markup.plain_text(f"<pre>{code}</pre>")


@pytest.mark.parametrize(
    "html", ['<pre class="language-klingon">x</pre>', '<pre class="language-python">a <b>b</b></pre>']
)
def test_code_that_cannot_be_read_is_shown_in_one_color(html: str) -> None:
    assert typeset(html) == html


@pytest.mark.parametrize("code", ["- a\n+ b", "- a\n+ b\n", "+", "", "# x\n\ny"])
def test_the_last_line_is_read_and_nothing_added(code: str) -> None:
    shown = markup.typeset(f'<pre class="language-diff">{code}</pre>', has_formulas=False)
    assert re.sub("<[^>]*>", "", shown) == code
    assert shown.count('class="s"') == code.count("+")


@pytest.mark.parametrize("lexer", sorted(set(highlighting.LEXERS.values())))
def test_every_language_keeps_hostile_code_as_text(lexer: str) -> None:
    code = "&lt;script&gt;alert('1')&lt;/script&gt; \"'`$ {% x %} /* &amp;amp; \n# \\ end"
    shown = markup.typeset(f'<pre class="language-{lexer}">{code}</pre>', has_formulas=False)
    assert reading.faults(shown, reading.ESSAY | SPANS) == []
    assert "<code>" in shown
    assert markup.plain_text(shown) == markup.plain_text(f"<pre>{code}</pre>")


SIGNS = [
    '"', "'", "(", "{", "[", "&lt;", "/*", "\\", "a", "a ", "a:", "a.", "1", "-", "_", "`", "${", "#[", "@a", "&lt;a b=",
    "\n", " \n", '"\n', "'''\n", "/*\n", "(\n", "#\n", "a=\n", "- a\n", "&lt;&lt;A\n",
]  # fmt: skip


def code_of(sign: str, length: int) -> str:
    """Return code that repeats a sign, in lines as long as they may be."""
    line = sign if "\n" in sign else (sign * highlighting.MAX_LINE)[: highlighting.MAX_LINE // 5] + "\n"
    return (line * length)[:length]


def test_hostile_code_takes_little_time() -> None:
    html = "".join(f'<pre class="language-python">{code_of(sign, 2_000)}</pre>' for sign in SIGNS)
    start = time.process_time()
    markup.typeset(html, has_formulas=False)
    assert time.process_time() - start < 10 * highlighting.MAX_SECONDS  # about 0.3 s


@pytest.mark.long
@pytest.mark.parametrize("lexer", sorted(set(highlighting.LEXERS.values())))
def test_hostile_code_takes_little_time_in_every_language(lexer: str) -> None:
    for sign in SIGNS:
        start = time.process_time()
        code = code_of(sign, highlighting.MAX_LENGTH)
        markup.typeset(f'<pre class="language-{lexer}">{code}</pre>', has_formulas=False)
        assert time.process_time() - start < 10 * highlighting.MAX_SECONDS, sign


@pytest.mark.parametrize("code", ["x" * (highlighting.MAX_LINE + 1), "x\n" * highlighting.MAX_LENGTH])
def test_large_code_is_shown_in_one_color(code: str) -> None:
    html = f'<pre class="language-python">{code}</pre>'
    assert markup.typeset(html, has_formulas=False) == html
