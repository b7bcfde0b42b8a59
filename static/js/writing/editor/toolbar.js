/* The toolbar, by mouse and keyboard, and the dialogs that it opens. */

import { pm } from "django-prose-editor/editor";
import * as blocks from "./blocks.js";
import { insertNote } from "./notes.js";
import { insertTable, isInTable, runTableCommand } from "./tables.js";

const MARKS = ["strong", "em", "s", "code", "sup", "sub"];
const NODES = ["blockquote", "bulletList", "orderedList", "codeBlock"];

/* One stop for Tab; arrow keys, Home and End move from button to button. */
function enableArrowKeys(bar, focusText) {
  const buttons = [...bar.querySelectorAll("button")];
  const setTabStop = (button) => buttons.forEach((each) => (each.tabIndex = each === button ? 0 : -1));
  setTabStop(buttons[0]);
  bar.addEventListener("focusin", ({ target }) => setTabStop(target));
  bar.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps the focus and its selection
  bar.addEventListener("keydown", (event) => {
    const index = buttons.indexOf(document.activeElement);
    const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { [forward]: index + 1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: index - 1, Home: 0, End: -1 };
    if (event.key === "Escape") focusText();
    else if (event.key in steps) buttons.at(steps[event.key] % buttons.length).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

export class Toolbar {
  constructor({ editor, root, bar, tableBar, dialogs, find }) {
    Object.assign(this, { editor, root, bar, tableBar, dialogs, find });
    const focusText = () => editor.view.focus();
    enableArrowKeys(bar, focusText);
    enableArrowKeys(tableBar, focusText);
    bar.addEventListener("click", ({ target }) => this.run(target.closest("[data-does]")?.dataset.does));
    tableBar.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-does]");
      if (button) runTableCommand(editor, button.dataset.does);
    });
    this.toggles = [...bar.querySelectorAll("[data-does]")].filter(({ dataset }) => this.isToggle(dataset.does));
    for (const button of this.toggles) button.setAttribute("aria-pressed", "false");
    this.undo = bar.querySelector('[data-does="undo"]');
    this.redo = bar.querySelector('[data-does="redo"]');
  }

  isToggle(name) {
    return MARKS.includes(name) || NODES.includes(name) || /^heading|^(paragraph|link|language|full)$/.test(name);
  }

  isActive(name) {
    const { editor } = this;
    if (name.startsWith("heading")) return editor.isActive("heading", { level: Number(name.slice(7)) });
    if (name === "link") return editor.isActive("a");
    if (name === "language") return editor.isActive("span");
    if (name === "full") return this.root.classList.contains("is-full");
    return editor.isActive(name);
  }

  /* Show what applies to the selection; only attributes that differ are written. */
  show() {
    for (const button of this.toggles) {
      const pressed = String(this.isActive(button.dataset.does));
      if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
    }
    const { state } = this.editor;
    this.undo.setAttribute("aria-disabled", String(!pm.history.undoDepth(state)));
    this.redo.setAttribute("aria-disabled", String(!pm.history.redoDepth(state)));
    const inTable = isInTable(state);
    if (this.tableBar.hidden === inTable) this.tableBar.hidden = !inTable;
  }

  run(name) {
    const { editor } = this;
    if (!name) return;
    if (MARKS.includes(name)) editor.chain().focus().toggleMark(name).run();
    else if (name.startsWith("heading")) blocks.setHeading(editor, Number(name.slice(7)));
    else if (name.endsWith("List")) blocks.toggleList(editor, name);
    else if (name === "undo" || name === "redo") editor.chain().focus()[name]().run();
    else if (name === "find") this.find.open();
    else if (name === "full") this.toggleFullScreen();
    else this[name]?.();
  }

  paragraph() {
    blocks.setParagraph(this.editor);
  }

  blockquote() {
    this.editor.chain().focus().toggleWrap("blockquote").run();
  }

  codeBlock() {
    this.editor.chain().focus().toggleNode("codeBlock", "paragraph").run();
  }

  rule() {
    blocks.insertRule(this.editor);
  }

  note() {
    insertNote(this.editor);
  }

  toggleFullScreen() {
    this.root.classList.toggle("is-full");
    this.editor.view.focus();
    this.show();
  }

  help() {
    void this.openDialog("help");
  }

  async link() {
    const { editor } = this;
    const input = await this.openDialog("link", { href: editor.getAttributes("a").href ?? "" });
    if (!input) return editor.view.focus();
    const chain = editor.chain().focus().extendMarkRange("a");
    if (input.answer === "remove" || !input.href) return chain.unsetMark("a").run();
    if (editor.state.selection.empty && !editor.isActive("a")) {
      return editor.chain().focus().insertContent({ type: "text", text: input.href, marks: [{ type: "a", attrs: { href: input.href } }] }).run();
    }
    return chain.setMark("a", { href: input.href, id: null, role: null }).run();
  }

  async language() {
    const { editor } = this;
    const input = await this.openDialog("language", { lang: editor.getAttributes("span").lang ?? "" });
    if (!input) return editor.view.focus();
    const chain = editor.chain().focus();
    const range = editor.state.selection.empty ? chain.extendMarkRange("span") : chain;
    range.unsetMark("span");
    return (input.lang ? range.setMark("span", { lang: input.lang }) : range).run();
  }

  async figure() {
    const { editor } = this;
    const found = blocks.figureAt(editor.state);
    const event = new CustomEvent("essay-choose-image", { bubbles: true, cancelable: true });
    if (!found && !this.root.dispatchEvent(event)) return; // the page shows its own picker
    const current = found && {
      src: found.picture.node.attrs.src,
      alt: found.picture.node.attrs.alt ?? "",
      caption: found.caption?.node.textContent ?? "",
      wide: found.node.attrs.class === "wide",
    };
    const input = await this.openDialog("figure", current ?? { src: "", alt: "", caption: "", wide: false });
    if (input) (found ? blocks.changeFigure : blocks.insertFigure)(editor, input);
    editor.view.focus();
  }

  async table() {
    const input = await this.openDialog("table");
    if (input) insertTable(this.editor, { rows: Number(input.rows), columns: Number(input.columns), head: input.head });
    else this.editor.view.focus();
  }

  /* Open a dialog and return what was entered, or null if it was canceled. */
  openDialog(name, values = {}) {
    const dialog = this.dialogs.find(({ dataset }) => dataset.dialog === name);
    const form = dialog.querySelector("form");
    for (const [field, value] of Object.entries(values)) {
      const input = form.elements[field];
      if (input.type === "checkbox") input.checked = value;
      else input.value = value;
    }
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        if (!dialog.returnValue) return resolve(null);
        const fields = Object.fromEntries([...form.elements].filter((each) => each.name).map((each) => [each.name, each.type === "checkbox" ? each.checked : each.value.trim()]));
        return resolve({ ...fields, answer: dialog.returnValue });
      }, { once: true });
    });
  }
}
