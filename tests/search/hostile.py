"""Two hundred queries that a search has to survive: syntax of both databases, odd characters, sizes."""

from itertools import product

SYNTAX = [
    '"', "'", '""', '"""', "“", "”", '"unclosed', 'unclosed"', '"a" "b', "''", "';", "'; DROP TABLE search_entry; --",
    "' OR 1=1 --", "1) OR (1=1", "a AND b", "a OR b", "NOT", "AND", "OR", "a NOT b", "NEAR(a b, 5)", "a NEAR b", "^a",
    "a*", "*", "*a", "a:b", "tokens:a", "{tokens}: a", "- a", "-a", "+a", "a + b", "(", ")", "((((", "))))", "(a", "a)",
    "a & b", "a | b", "!a", "! a", "a <-> b", "a <2> b", "a:*", "a:A", "<->", "&", "|", "!", ":*", "::tsquery", "\\", "\\\\",
    "a\\'b", "$1", "%s", "%(x)s", "%%", "%", "_", "?", "{}", "{0}", "{{ 7 }}", "{% debug %}", "<script>alert(1)</script>",
    "<mark>a</mark>", "&lt;b&gt;", "&amp;", "</title>", "<!--", "]]>", "a=b&c=d", "#", "a#b", "a;b", "a,b", "a/b", "../..",
    "//evil.example", "javascript:alert(1)", "C++", "C#", ".NET", "a.b.c", "-", "--", "---", "…", "—", "·", "@", "@everyone",
    "search_index MATCH 'a'", "rank MATCH 'bm25()'", "rowid", "select * from search_entry", "pg_sleep(10)", "1/0", "0x41",
    "NaN", "1e400", "null", "None", "true", "[]", "__proto__", "constructor",
]  # fmt: skip
CHARACTERS = [
    "\0", "a\0b", "\x01\x02\x03", "\r\nX: y", "\t\t", "\x1b[31m", "\u202eabc", "\u200fabc\u200e", "\u2066a\u2069", "\ufeff",
    "\ufffe", "\uffff", "\ufffd", "\ud800", "\udfff a", "\u0000\u0000", "\u200b", "\u200d", "\u00ad", "a\u00adb", "\u0301",
    "e\u0301" * 60, "z" + "\u0351\u0369\u033b" * 60, "\u0915\u094d\u0937", "\u0e01\u0e33", "\u1100\u1161", "ﷺ", "ﬁ", "ſ", "İ", "ß", "ǆ", "Å", "Ⅷ",
    "①", "٣", "۳", "१", "𝔘𝔫𝔦", "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "\U000e0041", "\U0010ffff",
    "道", "道德", "道德經道德經", "日本語のテキスト", "カタカナ", "한국어 검색", "ภาษาไทย", "مرحبا بالعالم", "שלום", "Ελλάδα", "Привет", "हिन्दी", "ქართული",
    "“quoted”", "„so“", "«so»", "‘a’", "a\u2028b", "a\u2029b", "\u3000", "\xa0", "a\xa0b",
]  # fmt: skip
SIZES = [
    "a" * 200, "a" * 201, "a" * 10_000, "a " * 5_000, '"' * 5_000, '"a" ' * 5_000, "(" * 5_000, "\0" * 5_000, "everywhere " * 20,
    " ".join(f"word{number}" for number in range(10_000)), "x" * 1_000_000, "道" * 10_000, "\U0001f600" * 5_000, " " * 100_000,
    '"' + "everywhere " * 1_000 + '"', "e\u0301" * 5_000, "everywhere-" * 500,
]  # fmt: skip
MIXED = ["".join(parts) for parts in product(('"', "'", "(", "a"), ("a b", "道", "\0"), ('"', ")", "*", " AND", "\\"))]
HOSTILE = list(dict.fromkeys([*SYNTAX, *CHARACTERS, *SIZES, *MIXED]))
