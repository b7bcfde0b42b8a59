"""The body of an essay with formulas and highlighted code, as the site's settings say."""

from blog import markup
from blog.models.site import Site


def typeset(body: str) -> str:
    """Return a cleaned body with formulas and highlighted code, or "" if that is the body itself."""
    has_formulas = markup.may_contain_formula(body) and Site.objects.current().formulas
    made = markup.typeset(body, has_formulas=has_formulas)
    return "" if made == body else made
