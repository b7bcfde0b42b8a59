"""What a text needs beyond its stored HTML, made once when it is saved: formulas as MathML, and highlighted code."""

from blog.markup.formulas import convert_formulas, may_contain_formula
from blog.markup.highlighting import highlight, may_contain_language


def typeset(html: str, *, has_formulas: bool) -> str:
    """Return cleaned HTML with its code highlighted and, if `has_formulas`, its TeX as MathML."""
    if may_contain_language(html):
        html = highlight(html)
    return convert_formulas(html) if has_formulas and may_contain_formula(html) else html
