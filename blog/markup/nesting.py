"""Which elements may contain which, as browsers parse them, so that no browser moves anything."""

from blog.markup.hosts import split_words

INLINE = split_words("a abbr b cite code del em i ins kbd mark q s samp small span strong sub sup time var")
# The only children allowed; other content is wrapped in the first of them.
ALLOWED_CHILDREN = {
    "ul": ("li",), "ol": ("li",), "dl": ("dd", "dt"), "table": ("tbody", "thead", "tfoot", "caption"),
    "thead": ("tr",), "tbody": ("tr",), "tfoot": ("tr",), "tr": ("td", "th"),
}  # fmt: skip
# The only parents allowed ("" is the top level): what is open in between is closed; without a parent a tag is dropped.
ALLOWED_PARENTS = {
    "li": ("ul", "ol"), "dt": ("dl",), "dd": ("dl",), "figcaption": ("figure",), "summary": ("details",),
    "section": ("",), "caption": ("table",), "thead": ("table",), "tbody": ("table",), "tfoot": ("table",),
    "tr": ("tbody", "thead", "tfoot", "table"), "td": ("tr", "tbody", "thead", "tfoot", "table"),
    "th": ("tr", "tbody", "thead", "tfoot", "table"),
}  # fmt: skip
INLINE_CONTENT_ONLY = {"p", "h2", "h3", "h4", "pre", "dt", "caption", "summary"}
PARAGRAPH_PARENTS = {"", "blockquote", "section"}
VERBATIM = {"code", "kbd", "samp", "var"}
NESTABLE = {"q", "span", "sub", "sup"}
# Blocks in no allowlist: they only separate the text before them from the text after.
OTHER_BLOCKS = split_words("""
    address article aside body caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hgroup hr html legend main menu nav option section summary table tbody td tfoot th thead tr
""")
