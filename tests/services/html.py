"""Parses a whole page as browsers do."""

from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborHTMLParser, LexborNode


def parse(html: str) -> Element:
    """Return the root element of a page, without comments. What a template contains is below it, as in the HTML."""
    root = LexborHTMLParser(html).root
    assert root is not None
    tree = _element(root)
    pending = [(root, tree)]  # no recursion, because hostile pages are nested deeper than Python's calls may be
    while pending:
        node, element = pending.pop()
        last: Element | None = None
        child = (node.template_fragments()[0] if node.tag == "template" else node).first_child
        while child is not None:
            if child.is_element_node:
                last = _element(child)
                element.append(last)
                pending.append((child, last))
            elif child.is_text_node:
                text = child.text_content or ""
                if last is None:
                    element.text = (element.text or "") + text
                else:
                    last.tail = (last.tail or "") + text
            child = child.next
    return tree


def _element(node: LexborNode) -> Element:
    return Element(node.tag or "", {name: value or "" for name, value in node.attributes.items()})
