"""Hostile markup: samples of every kind, and whole collections where they are installed."""

import json
from collections.abc import Iterator
from pathlib import Path

COLLECTIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "security"

SAMPLE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//e.example/x.js></SCRIPT >",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<img src=x onerror=alert(1)>",
    "<img src='javascript:alert(1)' alt=\"`><script>alert(1)</script>\">",
    "<svg/onload=alert(1)>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<svg><animate xlink:href=#x attributeName=href values=javascript:alert(1) /><a id=x><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<template><script>alert(1)</script></template>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object><embed src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jAvAsCrIpT&colon;alert(1)'>x</a>",
    "<a href='java&#x09;script:alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a href='&#0000106avascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<a href='http://e.example/' style='position:fixed;inset:0' onclick=alert(1) target=_blank>x</a>",
    "<a href=\"http://e.example/&quot; onclick=&quot;alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert`1`)",
    "[x](<javascript:alert(1)>)",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](http://e.example/\"onmouseover=\"alert(1))",
    "[x](http://e.example 'title\" onclick=\"alert(1)')",
    "![x](javascript:alert(1))",
    "![x](x\"onerror=\"alert(1))",
    "<javascript:alert(1)>",
    "http://e.example/\"onmouseover=\"alert(1)",
    "http://e.example/'onmouseover='alert(1)",
    "`<script>alert(1)</script>`",
    "```\"><script>alert(1)</script>\n</code></pre><script>alert(1)</script>\n```",
    "<b onmouseover=alert(1)>x</b>",
    "<b/onmouseover=alert(1)>x</b>",
    "<b onmouseover='a>b'>x</b>",
    "<p style=\"background:url(javascript:alert(1))\">x</p>",
    "<abbr title='\"><script>alert(1)</script>'>x</abbr>",
    "<blockquote cite='javascript:alert(1)'>x</blockquote>",
    "<li id=comments class=admin name=attributes>x</li>",
    "<base href=//e.example/><meta http-equiv=refresh content='0;url=//e.example/'>",
    "<link rel=stylesheet href=//e.example><style>@import '//e.example';</style>",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<!-- --!><script>alert(1)</script> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "</div></article></body></html><script>alert(1)</script>",
    "</p></blockquote></li></ol></textarea></title></style></script>",
    "<plaintext>",
    "<textarea><script>alert(1)</script>",
    "<xmp><script>alert(1)</script>",
    "<select><option><style></option></select><b><img src=x onerror=alert(1)></style></option>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\U0010fff1script\U0010fff2alert(1)\U0010fff1/script\U0010fff2",
    "<a href='http://e.example/\U0010fff3 onclick=\U0010fff3alert(1)'>x</a>",
    "<a href=http://e.example/?" + "&#" + "1" * 5000 + ";>x</a>",
    "<a href=//e.example>x</a><a href=/\\e.example>x</a><a href=\\\\e.example>x</a>",
]  # fmt: skip


def collections() -> list[str]:
    kinds = ("xss-*.jsonl", "naughty-strings.jsonl", "open-redirects.jsonl")
    return sorted(path.stem for kind in kinds for path in COLLECTIONS.glob(kind))


def payloads(collection: str) -> Iterator[str]:
    with (COLLECTIONS / f"{collection}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["payload"]


def recipes() -> dict[str, str]:
    """Return generated bodies by name: deep, long or unfinished."""
    path = COLLECTIONS / "hostile-inputs.jsonl"
    if not path.exists():
        return {}
    found = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        recipe["id"]: "".join(text * times for text, times in recipe["parts"])
        for recipe in found
        if recipe["field"] == "body" and recipe["id"] != "size-1m"
    }
