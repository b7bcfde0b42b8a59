/* The toolbar, by mouse and by keys, and the dialogs behind it. */

import { pm } from "django-prose-editor/editor";
import * as blocks from "./blocks.js";
import { insertNote } from "./notes.js";
import { insertTable, isInTable, tableDeed } from "./tables.js";

const MARKS = ["strong", "em", "s", "code", "sup", "sub"];
const NODES = ["blockquote", "bulletList", "orderedList", "codeBlock"];

/* One stop for Tab; arrow keys, Home and End go from button to button. */
function byArrows(bar, back) {
  const buttons = [...bar.querySelectorAll("button")];
  const stop = (button) => buttons.forEach((each) => (each.tabIndex = each === button ? 0 : -1));
  stop(buttons[0]);
  bar.addEventListener("focusin", ({ target }) => stop(target));
  bar.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps the focus and its selection
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(document.activeElement);
    const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const steps = { [forward]: at + 1, [forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight"]: at - 1, Home: 0, End: -1 };
    if (event.key === "Escape") back();
    else if (event.key in steps) buttons.at(steps[event.key] % buttons.length).focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

export class Tools {
  constructor({ editor, place, bar, tableBar, dialogs, find }) {
    Object.assign(this, { editor, place, bar, tableBar, dialogs, find });
    const back = () => editor.view.focus();
    byArrows(bar, back);
    byArrows(tableBar, back);
    bar.addEventListener("click", ({ target }) => this.does(target.closest("[data-does]")?.dataset.does));
    tableBar.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-does]");
      if (button) tableDeed(editor, button.dataset.does);
    });
    this.toggles = [...bar.querySelectorAll("[data-does]")].filter(({ dataset }) => this.isToggle(dataset.does));
    for (const button of this.toggles) button.setAttribute("aria-pressed", "false");
    this.undo = bar.querySelector('[data-does="undo"]');
    this.redo = bar.querySelector('[data-does="redo"]');
  }

  isToggle(name) {
    return MARKS.includes(name) || NODES.includes(name) || /^heading|^(paragraph|link|language|full)$/.test(name);
  }

  isOn(name) {
    const { editor } = this;
    if (name.startsWith("heading")) return editor.isActive("heading", { level: Number(name.slice(7)) });
    if (name === "link") return editor.isActive("a");
    if (name === "language") return editor.isActive("span");
    if (name === "full") return this.place.classList.contains("is-full");
    return editor.isActive(name);
  }

  /* Buttons as the selection has them; only what differs is written. */
  show() {
    for (const button of this.toggles) {
      const now = String(this.isOn(button.dataset.does));
      if (button.getAttribute("aria-pressed") !== now) button.setAttribute("aria-pressed", now);
    }
    const { state } = this.editor;
    this.undo.setAttribute("aria-disabled", String(!pm.history.undoDepth(state)));
    this.redo.setAttribute("aria-disabled", String(!pm.history.redoDepth(state)));
    const isThere = isInTable(state);
    if (this.tableBar.hidden === isThere) this.tableBar.hidden = !isThere;
  }

  does(name) {
    const { editor } = this;
    if (!name) return;
    if (MARKS.includes(name)) editor.chain().focus().toggleMark(name).run();
    else if (name.startsWith("heading")) blocks.setHeading(editor, Number(name.slice(7)));
    else if (name.endsWith("List")) blocks.toggleList(editor, name);
    else if (name === "undo" || name === "redo") editor.chain().focus()[name]().run();
    else if (name === "find") this.find.open();
    else this[name]?.();
  }

  paragraph() {
    blocks.setText(this.editor);
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

  full() {
    this.place.classList.toggle("is-full");
    this.editor.view.focus();
    this.show();
  }

  help() {
    void this.ask("help");
  }

  async link() {
    const { editor } = this;
    const asked = await this.ask("link", { href: editor.getAttributes("a").href ?? "" });
    if (!asked) return editor.view.focus();
    const chain = editor.chain().focus().extendMarkRange("a");
    if (asked.answer === "remove" || !asked.href) return chain.unsetMark("a").run();
    if (editor.state.selection.empty && !editor.isActive("a")) {
      return editor.chain().focus().insertContent({ type: "text", text: asked.href, marks: [{ type: "a", attrs: { href: asked.href } }] }).run();
    }
    return chain.setMark("a", { href: asked.href, id: null, role: null }).run();
  }

  async language() {
    const { editor } = this;
    const asked = await this.ask("language", { lang: editor.getAttributes("span").lang ?? "" });
    if (!asked) return editor.view.focus();
    const chain = editor.chain().focus();
    const around = editor.state.selection.empty ? chain.extendMarkRange("span") : chain;
    around.unsetMark("span");
    return (asked.lang ? around.setMark("span", { lang: asked.lang }) : around).run();
  }

  async figure() {
    const { editor } = this;
    const found = blocks.figureAt(editor.state);
    const wish = new CustomEvent("essay-picture", { bubbles: true, cancelable: true });
    if (!found && !this.place.dispatchEvent(wish)) return; // the page has pictures to choose from
    const said = found && {
      src: found.picture.node.attrs.src,
      alt: found.picture.node.attrs.alt ?? "",
      caption: found.caption?.node.textContent ?? "",
      wide: found.node.attrs.class === "wide",
    };
    const asked = await this.ask("figure", said ?? { src: "", alt: "", caption: "", wide: false });
    if (asked) (found ? blocks.changeFigure : blocks.insertFigure)(editor, asked);
    editor.view.focus();
  }

  async table() {
    const asked = await this.ask("table");
    if (asked) insertTable(this.editor, { rows: Number(asked.rows), columns: Number(asked.columns), head: asked.head });
    else this.editor.view.focus();
  }

  /* What a dialog was told, or nothing. */
  ask(name, values = {}) {
    const dialog = this.dialogs.find(({ dataset }) => dataset.dialog === name);
    const form = dialog.querySelector("form");
    for (const [field, value] of Object.entries(values)) {
      const input = form.elements[field];
      if (input.type === "checkbox") input.checked = value;
      else input.value = value;
    }
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) => {
      dialog.addEventListener("close", () => {
        if (!dialog.returnValue) return done(null);
        const said = Object.fromEntries([...form.elements].filter((each) => each.name).map((each) => [each.name, each.type === "checkbox" ? each.checked : each.value.trim()]));
        return done({ ...said, answer: dialog.returnValue });
      }, { once: true });
    });
  }
}
