"""Joining the modules of a page into one file, and what it refuses."""

import pytest

from config import scripts

SOURCES = {
    "js/reading/essay.js": 'import "../site.js";\nimport { goTo } from "./threads.js";\n\ngoTo();',
    "js/site.js": 'addEventListener("keydown", () => import("./search-box.js"));',
    "js/reading/threads.js": 'import "../site.js";\nexport const load = 1;\nexport async function goTo() {}',
    "js/search-box.js": 'import { escape } from "./escape.js";',
    "js/escape.js": "export const escape = 1;",
}


def joined(**changed: str) -> str:
    """Join the entry; `changed` are the sources of other scripts, by name without ending."""
    sources = SOURCES | {f"js/{name}.js": source for name, source in changed.items()}
    return scripts.join("js/reading/essay.js", sources.__getitem__)


def test_an_entry_contains_each_module_once_after_its_own_imports() -> None:
    parts = joined().split("\n})();")
    assert [part.split("= (")[0].strip() for part in parts[:3]] == ["const module0", "const module1", "const module2"]
    assert "search-box" in parts[0]
    assert "async function goTo() {}\nreturn { load, goTo };" in parts[1]
    assert "const { goTo } = module1;" in parts[2]
    assert 'import "' not in joined()


def test_a_path_to_a_module_that_is_loaded_later_starts_at_the_entry() -> None:
    assert 'import("../search-box.js")' in joined()


def test_a_module_that_is_loaded_later_must_not_import_a_joined_one() -> None:
    with pytest.raises(ValueError, match=r"js/search-box.js must not import js/site.js"):
        joined(escape='import "./site.js";')


@pytest.mark.parametrize(
    "source",
    [
        "export default 1;",
        "export const { a } = b;",
        'import * as all from "./a.js";',
        'import { load as start } from "./reading/threads.js";',
        'export { a } from "./a.js";',
    ],
)
def test_other_forms_of_import_and_export_are_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"js/site.js can't be joined"):
        joined(site=source)
