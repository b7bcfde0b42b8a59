/* What the tools, menus and shortcuts do, by name; and the dialogs that some of them open. */

import * as blocks from "./blocks.js";
import { insertNote } from "./notes.js";
import { insertTable } from "./tables.js";

const MARKS = ["strong", "em", "s", "code", "sup", "sub"];
const LINKABLE = /^(?:https?:|mailto:|(?![a-z][a-z0-9+-]*:))/i; // saving drops other addresses
const NODES = ["blockquote", "bulletList", "orderedList", "codeBlock"];

export class Commands {
  constructor({ editor, root, dialogs, find }) {
    Object.assign(this, { editor, root, dialogs, find });
    this.checkLinks();
  }

  /* Whether a command can be on or off at the selection. */
  isToggle(name) {
    return MARKS.includes(name) || NODES.includes(name) || /^heading|^(paragraph|link|language|pullQuote)$/.test(name);
  }

  isActive(name) {
    const { editor } = this;
    if (name.startsWith("heading")) return editor.isActive("heading", { level: Number(name.slice(7)) });
    if (name === "link") return editor.isActive("a");
    if (name === "language") return editor.isActive("span");
    if (name === "pullQuote") return editor.isActive("blockquote", { class: "pull" });
    return editor.isActive(name);
  }

  run(name) {
    const { editor } = this;
    if (MARKS.includes(name)) editor.chain().focus().toggleMark(name).run();
    else if (name.startsWith("heading")) blocks.setHeading(editor, Number(name.slice(7)));
    else if (name.endsWith("List")) blocks.toggleList(editor, name);
    else if (name === "undo" || name === "redo") editor.chain().focus()[name]().run();
    else if (name === "find") this.find.open();
    else this[name]();
  }

  paragraph() {
    blocks.setParagraph(this.editor);
  }

  blockquote() {
    this.editor.chain().focus().toggleWrap("blockquote").run();
  }

  pullQuote() {
    blocks.togglePullQuote(this.editor);
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

  help() {
    void this.openDialog("help");
  }

  /* Refuse an address that saving would drop. */
  checkLinks() {
    const form = this.dialogs.find(({ dataset }) => dataset.dialog === "link").querySelector("form");
    const { href } = form.elements;
    form.querySelector("[value=set]").addEventListener("click", () => {
      href.setCustomValidity(LINKABLE.test(href.value.trim()) ? "" : href.dataset.invalid);
    });
    href.addEventListener("input", () => href.setCustomValidity(""));
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
