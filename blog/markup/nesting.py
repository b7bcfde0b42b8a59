"""What may stand inside what: as browsers see it, so that none of them moves anything."""

from blog.markup.rules import names

INLINE = names("a abbr b cite code del em i ins kbd mark q s samp small span strong sub sup time var")
# What may stand directly inside; other content gets the first of these round it.
CHILDREN = {
    "ul": ("li",), "ol": ("li",), "dl": ("dd", "dt"), "table": ("tbody", "thead", "tfoot", "caption"),
    "thead": ("tr",), "tbody": ("tr",), "tfoot": ("tr",), "tr": ("td", "th"),
}  # fmt: skip
# Where a tag may stand ("" is the top): it closes what is open up to such a place, and is nothing without one.
HOMES = {
    "li": ("ul", "ol"), "dt": ("dl",), "dd": ("dl",), "figcaption": ("figure",), "summary": ("details",),
    "section": ("",), "caption": ("table",), "thead": ("table",), "tbody": ("table",), "tfoot": ("table",),
    "tr": ("tbody", "thead", "tfoot", "table"), "td": ("tr", "tbody", "thead", "tfoot", "table"),
    "th": ("tr", "tbody", "thead", "tfoot", "table"),
}  # fmt: skip
ONLY_WORDS = {"p", "h2", "h3", "h4", "pre", "dt", "caption", "summary"}
PARAGRAPHS_INSIDE = {"", "blockquote", "section"}
VERBATIM = {"code", "kbd", "samp", "var"}
NESTABLE = {"q", "span", "sub", "sup"}
# Blocks that are in no allowlist: they part the words before them from those after.
OTHER_BLOCKS = names(
    """
    address article aside body caption center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2
    h3 h4 h5 h6 header hgroup hr html legend main menu nav option section summary table tbody td tfoot th thead tr
    """
)
