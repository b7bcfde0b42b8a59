"""Import of WordPress's tags and categories as tags, with redirects from their old addresses."""

from django.utils.text import slugify

from accounts.profiles.names import tidy_line
from blog import markup
from blog.models import Tag
from transfer import redirects
from transfer.report import Report
from transfer.wordpress import items
from transfer.wordpress.wxr import Record

PATHS = {"category": "/category/{}/", "post_tag": "/tag/{}/"}
KINDS = {"tag": "post_tag", "category": "category", "post_tag": "post_tag"}  # WXR 1.0 said tag


class Terms:
    def __init__(self, report: Report) -> None:
        self.report = report
        self.tags: dict[tuple[str, str], Tag] = {}

    def add_term(self, record: Record) -> None:
        """Add a tag or category from the old site's list."""
        if record.name == "wp:category":
            if record["wp:category_parent"]:
                self.report.remark("subcategor(y|ies) became (an ordinary tag|ordinary tags)")
            name, about = record["wp:cat_name"], record["wp:category_description"]
            self.get_or_create("category", record["wp:category_nicename"], name, about)
        elif record.name == "wp:tag":
            self.get_or_create("post_tag", record["wp:tag_slug"], record["wp:tag_name"], record["wp:tag_description"])
        else:
            self.report.omit("term(s) of custom taxonomies")

    def tags_of(self, item: Record) -> list[Tag]:
        """Return the tags of a post, for its tags and categories, in their order."""
        found = {}
        for record in item.inner_records("category"):
            domain = record.attributes.get("domain", "")
            kind = KINDS.get(domain)
            if domain == "post_format":
                self.report.omit("post format(s)", record[""])
            if kind and (tag := self.get_or_create(kind, record.attributes.get("nicename", ""), record[""])):
                found[tag.pk] = tag
        return list(found.values())

    def get_or_create(self, kind: str, slug: str, name: str, about: str = "") -> Tag | None:
        """Return the tag for a term; None if it has no name."""
        slug = items.decode_path(slug).strip("/")
        if slug and (known := self.tags.get((kind, slug))):
            return known
        name = tidy_line(markup.plain_text(markup.clean_essay(name)))[:100].strip() or tidy_line(slug)[:100]
        if not name:
            return None
        key = (kind, slug or name)
        if key not in self.tags:
            self.tags[key] = self.store_tag(kind, slug, name, about)
        return self.tags[key]

    def store_tag(self, kind: str, slug: str, name: str, about: str) -> Tag:
        """Return the tag with this name, created if missing, and redirect the term's address to it."""
        tag = Tag.objects.filter(name=name).first() or Tag.objects.filter(name__iexact=name).first()
        if tag is None:
            tag = self.create_tag(slug, name, markup.plain_text(markup.clean_essay(about)))
            self.report.counts["tag(s)"] += 1
        path = PATHS[kind].format(slug)
        if slug and len(path) <= 500 and not (kind == "post_tag" and Tag.objects.filter(slug=slug).exists()):
            redirects.add_redirects([path], tag, self.report)
        return tag

    def create_tag(self, slug: str, name: str, about: str) -> Tag:
        """Create a tag, with its old slug if no other tag has it."""
        old_slug = slugify(slug, allow_unicode=True)[:90].strip("-")
        if old_slug and not Tag.objects.filter(slug=old_slug).exists():
            return Tag.objects.create(name=name, slug=old_slug, description=about)
        tag = Tag.objects.ensure(name)
        if about:
            tag.description = about
            tag.save(update_fields=["description"])
        return tag
