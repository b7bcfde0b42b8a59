/* Puts an editor over a text area, and the text area's HTML under it whenever something changed. */

import { Dropcursor, Editor, Extension, Gapcursor, UndoRedo, pm } from "django-prose-editor/editor";
import { Blocks, insertFigure } from "./blocks.js";
import { showCount } from "./word-count.js";
import { Find, FindBar } from "./find.js";
import { Leaving } from "./navigation.js";
import { Notes, WHOLE } from "./notes.js";
import { Paste, withPasted } from "./paste.js";
import { extensions } from "./schema.js";
import { Stored } from "./stored-html.js";
import { Tables } from "./tables.js";
import { Tools } from "./toolbar.js";
import { Typed } from "./input-rules.js";

const PAUSE = 350;
const ROOM = { top: 80, right: 0, bottom: 110, left: 0 };

/* The parts that stand ready in the page, as elements. */
function parts(place) {
  const all = [...place.querySelectorAll(":scope > template")].flatMap(({ content }) => [...content.children]);
  const named = (selector) => all.find((each) => each.matches(selector));
  return {
    bar: named(".editor-tools"),
    tableBar: named(".editor-table-tools"),
    findBar: named(".editor-find"),
    count: named(".editor-count"),
    said: named(".editor-said"),
    dialogs: all.filter((each) => each.matches("dialog")),
  };
}

/* Runs `work` once things are quiet, and at the latest every other pause; never between a key and what it shows. */
function paused(work) {
  let timer = 0;
  let idle = 0;
  let since = 0;
  const stop = () => {
    clearTimeout(timer);
    globalThis.cancelIdleCallback?.(idle);
    timer = 0;
    idle = 0;
    since = 0;
  };
  const run = () => {
    stop();
    work();
  };
  const wait = () => {
    if (globalThis.requestIdleCallback) idle = requestIdleCallback(run, { timeout: PAUSE });
    else run();
  };
  const ask = () => {
    if (idle) return;
    since ||= performance.now();
    clearTimeout(timer);
    timer = setTimeout(wait, performance.now() - since > 2 * PAUSE ? 0 : PAUSE);
  };
  return { ask, now: () => (timer || idle) && run() };
}

export function start(place) {
  const area = place.querySelector("textarea");
  const { rules, language, clean } = JSON.parse(place.dataset.setup);
  const { bar, tableBar, findBar, count, said, dialogs } = parts(place);
  const stored = new Stored(rules);
  const sheet = document.createElement("div");
  sheet.className = "editor-sheet";

  const attributes = {
    id: `${area.id}_editor`,
    role: "textbox",
    "aria-multiline": "true",
    "aria-labelledby": `${area.id}_label`,
    class: "editor-text",
  };
  const spoken = () => area.form?.elements.language?.value || language;

  const tell = (name, detail = {}) => place.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  const write = paused(() => {
    const html = stored.html(withPasted(editor.state));
    showCount(count, editor.state.doc);
    if (area.value === html) return;
    area.value = html;
    tell("essay-change", { html });
  });
  const look = paused(() => tools.show());

  const editor = new Editor({
    element: sheet,
    injectCSS: false,
    enableInputRules: false,
    enablePasteRules: false,
    extensions: [
      ...extensions(rules),
      Dropcursor.configure({ color: false, class: "editor-drop" }),
      Gapcursor,
      UndoRedo.configure({ depth: 500 }),
      Blocks,
      Find,
      Leaving,
      Notes,
      Paste.configure({ place, address: clean, said, stored, waits: () => write.ask() }),
      Tables,
      Typed.configure({ language: spoken }),
      keys(() => tools),
    ],
    editorProps: {
      scrollThreshold: ROOM, // the buttons stand above the text, what saves it below
      scrollMargin: ROOM,
      attributes: { ...attributes, lang: spoken() },
    },
    onUpdate: () => write.ask(),
    onSelectionUpdate: () => look.ask(),
    onTransaction: ({ transaction }) => transaction.docChanged && look.ask(),
  });
  const show = (html) => {
    const doc = stored.read(editor.schema, html);
    const { tr } = editor.state;
    tr.replaceWith(0, tr.doc.content.size, doc.content);
    return tr.setMeta(WHOLE, true);
  };
  editor.view.updateState(pm.state.EditorState.create({ doc: stored.read(editor.schema, area.value), plugins: editor.state.plugins }));

  /* What is written is read aloud, hyphenated and aligned as the essay's own language is. */
  const speak = () => {
    editor.view.setProps({ attributes: { ...attributes, lang: spoken() } });
    for (const name of ["title", "deck"]) area.form?.elements[name]?.setAttribute("lang", spoken());
  };
  area.form?.elements.language?.addEventListener("change", speak);
  speak();

  const label = document.querySelector(`label[for="${area.id}"]`);
  if (label) {
    label.id = `${area.id}_label`;
    label.addEventListener("click", () => editor.view.focus());
  }
  bar.setAttribute("aria-controls", `${area.id}_editor`);
  area.before(bar, tableBar, findBar, sheet, count, said);
  area.hidden = true;
  document.body.append(...dialogs);
  const tools = new Tools({ editor, place, bar, tableBar, dialogs, find: new FindBar(findBar, editor) });
  tools.show();
  showCount(count, editor.state.doc);
  if (stored.keepsParts) said.textContent = said.dataset.kept;

  area.form?.addEventListener("submit", write.now, { capture: true });
  area.form?.addEventListener("formdata", write.now);
  window.addEventListener("pagehide", write.now);
  place.addEventListener("essay-flush", write.now);
  place.addEventListener("insert-figure", ({ detail }) => insertFigure(editor, detail));
  place.addEventListener("essay-replace", ({ detail: { html } }) => editor.view.dispatch(pm.history.closeHistory(show(html))));
  place.addEventListener("essay-where", ({ detail }) => { detail.at = editor.view.hasFocus() ? editor.state.selection.from : null; });
  place.addEventListener("essay-full", () => tools.full());
  place.addEventListener("essay-stand", ({ detail }) => editor.commands.focus(Math.min(detail.at, editor.state.doc.content.size), { scrollIntoView: false }));
  tell("essay-ready");
  return editor;
}

const keys = (tools) =>
  Extension.create({
    name: "tool-keys",
    priority: 50,
    addKeyboardShortcuts: () => ({
      "Mod-k": () => (tools().link(), true),
      "Mod-f": () => (tools().find.open(), true),
      "Mod-Alt-Enter": () => (tools().full(), true),
      F1: () => (tools().help(), true),
      "Alt-F10": () => (tools().bar.querySelector('[tabindex="0"]').focus(), true),
      Escape: () => tools().place.classList.contains("is-full") && (tools().full(), true),
    }),
  });
