/* Inserts: a menu in an empty line, opened by the button "+" beside it or by typing "/" and, if wanted, a word. */

import { Extension, pm } from "django-prose-editor/editor";
import { placeMenu } from "./menus.js";

const { Plugin, TextSelection } = pm.state;
const TYPED = /^\/([\p{L} ]{0,20})$/u;

/* The word typed after "/" in a line of its own, or null. */
function typedWord({ selection }) {
  const { $from, empty } = selection;
  if (!empty || $from.parent.type.name !== "paragraph" || $from.parent.content.size > 21) return null;
  if ($from.parent.firstChild?.text?.[0] !== "/" || $from.parentOffset !== $from.parent.content.size) return null;
  return TYPED.exec($from.parent.textContent)?.[1] ?? null;
}

const isEmptyLine = ({ selection }) => selection.empty && selection.$from.parent.type.name === "paragraph" && !selection.$from.parent.content.size;

export class InsertMenu {
  constructor({ editor, menu, plus, commands }) {
    Object.assign(this, { editor, menu, plus, commands });
    this.items = [...menu.querySelectorAll("button")];
    menu.rectangle = () => this.rectangle();
    menu.addEventListener("click", ({ target }) => this.insert(target.closest("[data-does]")));
    plus.addEventListener("mousedown", (event) => event.preventDefault());
    menu.addEventListener("toggle", ({ newState }) => newState === "closed" && this.select(null));
  }

  /* Where the menu opens: at the caret, unless a button of the toolbar opened it. */
  rectangle() {
    const button = document.querySelector(".editor-tools .editor-inserts");
    if (button.offsetParent !== null && this.word === null) return button.getBoundingClientRect();
    const { view } = this.editor;
    return view.coordsAtPos(view.state.selection.from);
  }

  get word() {
    return typedWord(this.editor.state);
  }

  get isOpen() {
    return this.menu.matches(":popover-open");
  }

  /* Called after each change: open, filter or close the menu as "/" and what follows it say. */
  followTyping() {
    const { word } = this;
    if (!this.plus.hidden && !isEmptyLine(this.editor.state)) this.plus.hidden = true;
    if (word === null) {
      this.dismissed = false;
      if (this.wasTyped) this.close();
    } else if (!this.dismissed) this.filter(word);
  }

  filter(word) {
    const wanted = word.trim().toLowerCase();
    for (const each of this.items) each.hidden = !` ${each.firstChild.textContent.toLowerCase()}`.includes(` ${wanted}`);
    const shown = this.items.filter((each) => !each.hidden);
    if (!shown.length) return this.close();
    this.wasTyped = true;
    if (!this.isOpen) this.menu.showPopover();
    placeMenu(this.menu, this.rectangle());
    return this.select(shown.includes(this.selected) ? this.selected : shown[0]);
  }

  close() {
    this.wasTyped = false;
    if (this.isOpen) this.menu.hidePopover();
    for (const each of this.items) each.hidden = false;
  }

  /* Mark the item that Enter inserts while the focus stays in the text. */
  select(item) {
    this.selected?.classList.remove("is-current");
    this.selected = item;
    item?.classList.add("is-current");
    const { dom } = this.editor.view;
    if (item) dom.setAttribute("aria-activedescendant", (item.id ||= `insert-${item.dataset.does}`));
    else dom.removeAttribute("aria-activedescendant");
  }

  onKeydown(event) {
    if (!this.wasTyped || !this.isOpen || event.isComposing) return false;
    const shown = this.items.filter((each) => !each.hidden);
    const index = shown.indexOf(this.selected);
    if (event.key === "ArrowDown") this.select(shown[(index + 1) % shown.length]);
    else if (event.key === "ArrowUp") this.select(shown.at(index - 1));
    else if (event.key === "Enter" || event.key === "Tab") this.insert(this.selected);
    else if (event.key === "Escape") {
      this.dismissed = true;
      this.close();
    } else return false;
    return true;
  }

  /* Delete what was typed to find the item, or begin a new line where the caret's has text; then insert. */
  insert(item) {
    if (!item) return;
    const { state, view } = this.editor;
    const { $from } = state.selection;
    const tr = pm.history.closeHistory(state.tr);
    const isMark = item.dataset.does === "note" && this.word === null;
    if (this.word !== null) tr.delete($from.start(), $from.end());
    else if (!isMark && $from.depth && $from.parent.content.size) {
      const after = $from.after(1);
      tr.insert(after, state.schema.nodes.paragraph.create()).setSelection(TextSelection.create(tr.doc, after + 1));
    }
    this.close();
    if (tr.docChanged) view.dispatch(tr);
    view.focus();
    this.commands.run(item.dataset.does);
  }

  /* Show "+" beside the empty line that has the caret. */
  placePlus() {
    const { view } = this.editor;
    const isWanted = view.hasFocus() && isEmptyLine(view.state);
    if (isWanted) {
      const line = view.domAtPos(view.state.selection.from).node;
      const offset = `${(line.nodeType === 1 ? line : line.parentElement).offsetTop}px`;
      if (this.plus.style.top !== offset) this.plus.style.top = offset;
    }
    if (this.plus.hidden === isWanted) this.plus.hidden = !isWanted;
  }
}

export const Inserts = Extension.create({
  name: "inserts",
  priority: 1000, // its keys come before those of the text
  addOptions: () => ({ menu: () => null }),
  addProseMirrorPlugins() {
    const { menu } = this.options;
    return [
      new Plugin({
        props: { handleKeyDown: (_view, event) => menu()?.onKeydown(event) ?? false },
        view: () => ({ update: () => menu()?.followTyping() }),
      }),
    ];
  },
});
