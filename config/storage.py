"""Static files: CSS parts joined into one file, all without comments, names with a hash, all compressed ahead."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import brotli
import rjsmin
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.files.base import ContentFile

IMPORT = re.compile(r'^@import (?:url\()?"(?P<file>[^"]+)"\)?(?: layer\((?P<layer>[\w.]+)\))?;$', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)  # no string in our CSS has one
SHEETS = ("css/site.css",)
SCRIPT = re.compile(r"^js/.*\.js$")
OURS = re.compile(r"^(css|js)/.*\.(css|js)$|^mark.*\.svg$")


class JoinedStaticFilesStorage(ManifestStaticFilesStorage):
    """Names without a hash until collectstatic has run, so that nothing has to be built to work on a template."""

    support_js_module_import_aggregation = True

    def stored_name(self, name: str) -> str:
        return super().stored_name(name) if self.hashed_files else name

    def url(self, name: Any, force: bool = False) -> str:
        return super().url(name, force=force or bool(self.hashed_files))

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if dry_run:
            return
        for sheet in SHEETS:
            if sheet in paths:
                joined = IMPORT.sub(self._part(sheet, paths), self._read(paths[sheet]))
                self._put(sheet, COMMENT.sub("", joined).encode())
                paths = {**paths, sheet: (self, sheet)}  # Django reads on from where a file came from
        for script in filter(SCRIPT.match, paths):
            self._put(script, str(rjsmin.jsmin(self._read(paths[script]))).encode())
            paths = {**paths, script: (self, script)}
        for name, hashed, processed in super().post_process(paths, dry_run, **options):
            yield name, hashed, processed
        for name, hashed in self.hashed_files.items():
            if OURS.match(name) and not self.exists(f"{hashed}.br"):
                with self.open(hashed) as file:
                    words = file.read()
                self._put(f"{hashed}.gz", gzip.compress(words, 9, mtime=0))
                self._put(f"{hashed}.br", brotli.compress(words, mode=brotli.MODE_TEXT))

    def _part(self, sheet: str, paths: dict[str, Any]) -> Any:
        folder = sheet.rsplit("/", 1)[0]

        def joined(match: re.Match[str]) -> str:
            words = self._read(paths[f"{folder}/{match['file']}"])
            return f"@layer {match['layer']} {{\n{words}\n}}" if match["layer"] else words

        return joined

    def _read(self, source: tuple[Any, str]) -> str:
        """From where it was written: what was collected once may be joined already, or older than its parts."""
        storage, path = source
        with storage.open(path) as file:
            return bytes(file.read()).decode()

    def _put(self, name: str, words: bytes) -> None:
        self.delete(name)
        self.save(name, ContentFile(words))
