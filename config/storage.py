"""Static files: joined CSS and scripts, minified scripts, hashed names, and all of them compressed in advance."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import brotli
import rjsmin
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile

from config import scripts

IMPORT = re.compile(r'^@import (?:url\()?"(?P<file>[^"]+)"\)?(?: layer\((?P<layer>[\w.]+)\))?;$', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)  # no string in our CSS has one
SHEETS = ("css/site.css", "css/pages.css", "css/admin.css")
ENTRIES = (
    "js/site.js", "js/forms.js", "js/reading/edit.js", "js/reading/text.js", "js/reading/essay.js",
    "js/reading/replies.js",
)  # fmt: skip
SCRIPT = re.compile(r"^js/.*\.js$")
OURS = re.compile(r"^(css|js)/.*\.(css|js)$|^mark.*\.svg$")


class JoinedStaticFilesStorage(ManifestStaticFilesStorage):
    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        """Return the hashed name, but the plain one until collectstatic has run."""
        return super().stored_name(name) if self.hashed_files else name

    def url(self, name: Any, force: bool = False) -> str:
        """Use names without a hash until collectstatic has run, so that templates work without a build step."""
        return super().url(name, force=force or bool(self.hashed_files))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Join CSS and scripts and minify these, before Django hashes names; then compress the hashed files."""
        if dry_run:
            return
        for sheet in filter(paths.__contains__, SHEETS):
            self._replace_file(sheet, COMMENT.sub("", self._join(sheet, paths)).encode())
            paths = {**paths, sheet: (self, sheet)}  # Django reads on from where a file came from
        sources = {script: self._read(paths[script]) for script in filter(SCRIPT.match, paths)}
        for script, source in sources.items():
            joined = scripts.join(script, sources.__getitem__) if script in ENTRIES else source
            self._replace_file(script, str(rjsmin.jsmin(joined)).encode())
            paths = {**paths, script: (self, script)}
        yield from super().post_process(paths, dry_run, **options)
        for name, hashed in self.hashed_files.items():
            if OURS.match(name) and not self.exists(f"{hashed}.br"):
                with self.open(hashed) as file:
                    content = file.read()
                self._replace_file(f"{hashed}.gz", gzip.compress(content, 9, mtime=0))
                self._replace_file(f"{hashed}.br", brotli.compress(content, mode=brotli.MODE_TEXT))

    def _join(self, sheet: str, paths: dict[str, Any]) -> str:
        """Return a stylesheet with the files it imports in place of its @import rules."""
        return IMPORT.sub(lambda found: self._read_import(found, paths), self._read(paths[sheet]))

    def _read_import(self, found: re.Match[str], paths: dict[str, Any]) -> str:
        """Return the file that an @import names, inside its cascade layer."""
        content = self._read(paths[f"css/{found['file']}"])
        return f"@layer {found['layer']} {{\n{content}\n}}" if found["layer"] else content

    def _read(self, source: tuple[Any, str]) -> str:
        """Read the source file: what was collected earlier may be joined already, or older than its parts."""
        storage, path = source
        with storage.open(path) as file:
            return bytes(file.read()).decode()

    def _replace_file(self, name: str, content: bytes) -> None:
        self.delete(name)
        self.save(name, ContentFile(content))
