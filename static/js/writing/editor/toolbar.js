/* The row of tools above the text, the tools for tables, and those above selected text. */

import { pm } from "django-prose-editor/editor";
import { focusTool, foldInto, keepFocusInText, moveByArrows, startMenu } from "./menus.js";
import { isInTable, runTableCommand } from "./tables.js";

const { TextSelection } = pm.state;
const GAP = 8; // pixels between the selected text and its tools

export class Toolbar {
  constructor({ editor, root, commands, bar, tableBar, menus, selectionBar }) {
    Object.assign(this, { editor, root, commands, bar, tableBar, selectionBar });
    const focusText = () => editor.view.focus();
    for (const each of [bar, tableBar, selectionBar]) {
      keepFocusInText(each);
      moveByArrows(each, { onEscape: focusText });
    }
    for (const menu of menus) startMenu(menu, bar.querySelector(`[popovertarget="${menu.id}"]`), focusText);
    for (const each of [bar, selectionBar, ...menus]) {
      each.addEventListener("click", ({ target }) => {
        const name = target.closest("[data-does]")?.dataset.does;
        if (!name) return;
        if (menus.includes(each)) each.hidePopover();
        if (each.id !== "editor-inserts") commands.run(name); // inserts.js makes room for those first
      });
    }
    tableBar.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-does]");
      if (button) runTableCommand(editor, button.dataset.does);
    });
    const parts = [bar, selectionBar, ...menus.filter(({ id }) => id !== "editor-inserts")];
    this.toggles = parts.flatMap((part) => [...part.querySelectorAll("[data-does]")]).filter(({ dataset }) => commands.isToggle(dataset.does));
    this.undo = bar.querySelector('[data-does="undo"]');
    this.redo = bar.querySelector('[data-does="redo"]');
    foldInto(menus.find(({ id }) => id === "editor-more"), bar.querySelector(".editor-folding"));
    this.watchSelection();
  }

  /* Show what applies to the selection; only attributes that differ are written. */
  show() {
    for (const button of this.toggles) {
      const name = button.hasAttribute("role") ? "aria-checked" : "aria-pressed";
      const value = String(this.commands.isActive(button.dataset.does));
      if (button.getAttribute(name) !== value) button.setAttribute(name, value);
    }
    const { state } = this.editor;
    this.undo.setAttribute("aria-disabled", String(!pm.history.undoDepth(state)));
    this.redo.setAttribute("aria-disabled", String(!pm.history.redoDepth(state)));
    const inTable = isInTable(state);
    if (this.tableBar.hidden === inTable) this.tableBar.hidden = !inTable;
    if (!this.hasSelectedText && this.selectionBar.matches(":popover-open")) this.selectionBar.hidePopover();
  }

  get hasSelectedText() {
    const { selection } = this.editor.state;
    return selection instanceof TextSelection && !selection.empty && !selection.$from.parent.type.spec.code;
  }

  /* The tools above selected text open when a mouse has selected it. */
  watchSelection() {
    const { view } = this.editor;
    document.addEventListener("pointerup", ({ pointerType, target }) => {
      if (pointerType !== "mouse" || this.selectionBar.contains(target)) return;
      setTimeout(() => { if (view.hasFocus() && this.hasSelectedText) this.openSelectionTools(); }); // the editor learns of the selection first
    });
    view.dom.addEventListener("keydown", ({ defaultPrevented }) => { if (!defaultPrevented) this.selectionBar.hidePopover(); });
    addEventListener("scroll", () => this.selectionBar.matches(":popover-open") && this.placeSelectionTools(), { passive: true });
  }

  openSelectionTools() {
    this.show();
    this.selectionBar.showPopover();
    this.placeSelectionTools();
  }

  placeSelectionTools() {
    const { view, state } = this.editor;
    const [start, end] = [view.coordsAtPos(state.selection.from), view.coordsAtPos(state.selection.to)];
    const { offsetWidth: width, offsetHeight: height, style } = this.selectionBar;
    const isOneLine = Math.abs(start.top - end.top) < 4;
    const center = isOneLine ? (start.left + end.left) / 2 : start.left;
    style.left = `${Math.max(GAP, Math.min(center - width / 2, innerWidth - width - GAP))}px`;
    const roof = this.bar.getBoundingClientRect().bottom;
    style.top = `${start.top - height - GAP > roof ? start.top - height - GAP : end.bottom + GAP}px`;
  }

  /* Move the focus to the tools: with text selected to those above it. */
  focusTools() {
    this.editor.view.domObserver.flush(); // a selection made just before
    if (this.hasSelectedText) this.openSelectionTools();
    focusTool(this.hasSelectedText ? this.selectionBar : this.bar);
  }
}
