/* Replaces a text area by the editor, and writes the editor's HTML into it whenever something changes. */

import { Dropcursor, Editor, Extension, Gapcursor, pm, UndoRedo } from "django-prose-editor/editor";
import { Blocks, insertFigure } from "./blocks.js";
import { CodeBlocks } from "./code-blocks.js";
import { showCount } from "./word-count.js";
import { Commands } from "./commands.js";
import { Find, FindBar } from "./find.js";
import { InsertMenu, Inserts } from "./inserts.js";
import { Navigation } from "./navigation.js";
import { Notes, WHOLE_TEXT } from "./notes.js";
import { Paste, withPasted } from "./paste.js";
import { extensions } from "./schema.js";
import { StoredHtml } from "./stored-html.js";
import { Tables } from "./tables.js";
import { startSuggestions } from "../suggest.js";
import { Toolbar } from "./toolbar.js";
import { InputRules } from "./input-rules.js";
import { Markdown } from "./markdown.js";

const PAUSE_MS = 350;
const SCROLL_MARGIN = { top: 120, right: 0, bottom: 90, left: 0 }; // header and tools are above the text, on phones below it

/* The elements in the editor's templates. */
function findParts(root) {
  const all = [...root.querySelectorAll(":scope > template")].flatMap(({ content }) => [...content.children]);
  const find = (selector) => all.find((each) => each.matches(selector));
  return {
    bar: find(".editor-tools"),
    tableBar: find(".editor-table-tools"),
    findBar: find(".editor-find"),
    selectionBar: find(".editor-selection-tools"),
    plus: find(".editor-plus"),
    menus: all.filter((each) => each.matches(".editor-menu")),
    count: find(".editor-count"),
    status: find(".editor-said"),
    dialogs: all.filter((each) => each.matches("dialog")),
  };
}

/* Run `callback` when input pauses, at the latest after two pauses; never between a key press and its display. */
function debounce(callback) {
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
    callback();
  };
  const waitForIdle = () => {
    if (globalThis.requestIdleCallback) idle = requestIdleCallback(run, { timeout: PAUSE_MS });
    else run();
  };
  const schedule = () => {
    if (idle) return;
    since ||= performance.now();
    clearTimeout(timer);
    timer = setTimeout(waitForIdle, performance.now() - since > 2 * PAUSE_MS ? 0 : PAUSE_MS);
  };
  return { schedule, flush: () => (timer || idle) && run() };
}

export function startEditor(root) {
  const textarea = root.querySelector("textarea");
  const { rules, language, clean, formulas, codeLanguage } = JSON.parse(root.dataset.setup);
  const { bar, tableBar, findBar, selectionBar, plus, menus, count, status, dialogs } = findParts(root);
  const stored = new StoredHtml(rules);
  const sheet = document.createElement("div");
  sheet.className = "editor-sheet";

  const attributes = {
    id: `${textarea.id}_editor`,
    role: "textbox",
    "aria-multiline": "true",
    "aria-labelledby": `${textarea.id}_label`,
    class: "editor-text",
  };
  const essayLanguage = () => textarea.form?.elements.language?.value || language;

  const emit = (name, detail = {}) => root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  const writeBack = debounce(() => {
    const html = stored.html(withPasted(editor.state));
    showCount(count, editor.state.doc);
    if (textarea.value === html) return;
    textarea.value = html;
    emit("essay-change", { html });
  });
  let inserts = null;
  const updateTools = debounce(() => {
    toolbar.show();
    inserts.placePlus();
  });

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
      CodeBlocks.configure({ label: codeLanguage }),
      Find,
      Navigation,
      Notes,
      Paste.configure({ root, address: clean, status, stored, onPending: () => writeBack.schedule() }),
      Tables,
      Markdown.configure({ formulas }),
      InputRules.configure({ language: essayLanguage, formulas }),
      Inserts.configure({ menu: () => inserts }), // none until the editor is ready
      shortcuts(() => toolbar),
    ],
    editorProps: {
      scrollThreshold: SCROLL_MARGIN,
      scrollMargin: SCROLL_MARGIN,
      attributes: { ...attributes, lang: essayLanguage() },
    },
    onUpdate: () => writeBack.schedule(),
    onSelectionUpdate: () => updateTools.schedule(),
    onTransaction: ({ transaction }) => transaction.docChanged && updateTools.schedule(),
  });
  const replaceText = (html) => {
    const doc = stored.read(editor.schema, html);
    const { tr } = editor.state;
    tr.replaceWith(0, tr.doc.content.size, doc.content);
    return tr.setMeta(WHOLE_TEXT, true);
  };
  editor.view.updateState(pm.state.EditorState.create({ doc: stored.read(editor.schema, textarea.value), plugins: editor.state.plugins }));

  /* Screen readers, hyphenation and alignment use the essay's own language. */
  const applyLanguage = () => {
    editor.view.setProps({ attributes: { ...attributes, lang: essayLanguage() } });
    for (const name of ["title", "deck"]) textarea.form?.elements[name]?.setAttribute("lang", essayLanguage());
  };
  textarea.form?.elements.language?.addEventListener("change", applyLanguage);
  applyLanguage();

  const label = document.querySelector(`label[for="${textarea.id}"]`);
  if (label) {
    label.id = `${textarea.id}_label`;
    label.addEventListener("click", () => editor.view.focus());
  }
  bar.setAttribute("aria-controls", `${textarea.id}_editor`);
  bar.append(count);
  const tools = document.querySelector(".writing-tools");
  tools.append(bar, tableBar, findBar, status);
  sheet.prepend(plus);
  textarea.before(sheet);
  textarea.hidden = true;
  document.body.append(...menus, selectionBar, ...dialogs);
  for (const dialog of dialogs) dialog.querySelectorAll("[data-suggest]").forEach(startSuggestions);
  const commands = new Commands({ editor, root, dialogs, find: new FindBar(findBar, editor) });
  const toolbar = new Toolbar({ editor, commands, bar, tableBar, menus, selectionBar });
  inserts = new InsertMenu({ editor, commands, plus, menu: menus.find(({ id }) => id === "editor-inserts") });
  toolbar.show();
  showCount(count, editor.state.doc);
  if (stored.hasRawHtml) status.textContent = status.dataset.kept;

  textarea.form?.addEventListener("submit", writeBack.flush, { capture: true });
  textarea.form?.addEventListener("formdata", writeBack.flush);
  window.addEventListener("pagehide", writeBack.flush);
  root.addEventListener("essay-flush", writeBack.flush);
  root.addEventListener("insert-figure", ({ detail }) => insertFigure(editor, detail));
  root.addEventListener("essay-replace", ({ detail: { html } }) => editor.view.dispatch(pm.history.closeHistory(replaceText(html))));
  root.addEventListener("essay-get-position", ({ detail }) => { detail.at = editor.view.hasFocus() ? editor.state.selection.from : null; });
  root.addEventListener("essay-set-position", ({ detail }) => editor.commands.focus(Math.min(detail.at, editor.state.doc.content.size), { scrollIntoView: false }));
  emit("essay-ready");
  return editor;
}

const shortcuts = (toolbar) =>
  Extension.create({
    name: "tool-keys",
    priority: 50,
    addKeyboardShortcuts: () => ({
      "Mod-k": () => (toolbar().commands.run("link"), true),
      "Mod-f": () => (toolbar().commands.run("find"), true),
      F1: () => (toolbar().commands.run("help"), true),
      "Alt-F10": () => (toolbar().focusTools(), true),
    }),
  });
