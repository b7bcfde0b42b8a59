/* Code blocks, each with a field for its language, and whether the text before the cursor is in a formula. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, TextSelection } = pm.state;
const PREFIX = "language-";
const NAME = /^[a-z0-9][a-z0-9+#.-]{0,29}$/;

/* The class of a code block in this language, null for none or one that cannot be stored. */
export function languageClass(typed) {
  const name = typed.trim().toLowerCase();
  return NAME.test(name) ? PREFIX + name : null;
}

/* Whether a formula begins in the text and does not end there; its signs stay as they are typed. */
export const isInFormula = (text) => text.split("$$").length % 2 === 0 || text.lastIndexOf("\\(") > text.lastIndexOf("\\)");

class CodeBlock {
  constructor(node, view, getPos, label) {
    this.node = node;
    this.dom = document.createElement("div");
    this.dom.className = "code-block";
    this.contentDOM = document.createElement("pre");
    this.field = document.createElement("input");
    Object.assign(this.field, { type: "text", className: "code-language", spellcheck: false, autocapitalize: "none", size: 12, placeholder: label });
    this.field.setAttribute("aria-label", label);
    this.field.contentEditable = "false";
    this.field.addEventListener("change", () => {
      const attrs = { ...this.node.attrs, class: languageClass(this.field.value) };
      view.dispatch(pm.history.closeHistory(view.state.tr).setNodeMarkup(getPos(), null, attrs));
    });
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      view.focus(); // the field's change comes first
      const tr = pm.history.closeHistory(view.state.tr);
      view.dispatch(tr.setSelection(TextSelection.create(tr.doc, getPos() + 1 + this.node.content.size)));
    });
    this.dom.append(this.field, this.contentDOM);
    this.show();
  }

  show() {
    for (const name of ["lang", "dir"]) {
      if (this.node.attrs[name] === null) this.contentDOM.removeAttribute(name);
      else this.contentDOM.setAttribute(name, this.node.attrs[name]);
    }
    this.field.value = this.node.attrs.class?.replace(PREFIX, "") ?? "";
  }

  update(node) {
    if (node.type !== this.node.type) return false;
    const isChanged = node.attrs !== this.node.attrs;
    this.node = node;
    if (isChanged) this.show();
    return true;
  }

  stopEvent(event) {
    return event.target === this.field;
  }

  ignoreMutation(mutation) {
    return mutation.type !== "selection" && !this.contentDOM.contains(mutation.target);
  }
}

export const CodeBlocks = Extension.create({
  name: "code-blocks",
  addOptions: () => ({ label: "" }),
  addProseMirrorPlugins() {
    const { label } = this.options;
    return [new Plugin({ props: { nodeViews: { codeBlock: (node, view, getPos) => new CodeBlock(node, view, getPos, label) } } })];
  },
});
