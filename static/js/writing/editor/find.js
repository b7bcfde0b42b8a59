/* Find and replace, over the whole text with its notes; all that is found is marked while the bar is open. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, PluginKey, TextSelection } = pm.state;
const { Decoration, DecorationSet } = pm.view;
const key = new PluginKey("find");
const NOTHING = { query: "", exact: false, found: [], shown: DecorationSet.empty };

function search(doc, { query, exact }) {
  if (!query) return [];
  const pattern = new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’]/g, "['’]").replace(/["“”„]/g, '["“”„]'), exact ? "gu" : "giu");
  const found = [];
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    const words = node.textBetween(0, node.content.size, null, "\ufffc");
    for (const { index, 0: match } of words.matchAll(pattern)) found.push({ from: pos + 1 + index, to: pos + 1 + index + match.length });
    return false;
  });
  return found;
}

function sought(doc, asked, at) {
  const found = search(doc, asked);
  const here = found.find(({ from, to }) => from === at.from && to === at.to);
  const shown = DecorationSet.create(doc, found.map((each) => Decoration.inline(each.from, each.to, { class: each === here ? "found here" : "found" })));
  return { ...asked, found, shown };
}

export const Find = Extension.create({
  name: "find",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key,
        state: {
          init: () => NOTHING,
          apply(tr, last, _before, state) {
            const asked = tr.getMeta(key);
            if (asked) return asked.query ? sought(state.doc, asked, state.selection) : NOTHING;
            if (!last.query || !(tr.docChanged || tr.selectionSet)) return last;
            return sought(state.doc, { query: last.query, exact: last.exact }, state.selection);
          },
        },
        props: { decorations: (state) => key.getState(state).shown },
      }),
    ];
  },
});

export class FindBar {
  constructor(bar, editor) {
    this.bar = bar;
    this.editor = editor;
    this.part = (name) => bar.querySelector(`[data-part="${name}"]`);
    bar.addEventListener("input", () => this.ask());
    bar.addEventListener("click", ({ target }) => this.does(target.closest("[data-finds]")?.dataset.finds));
    bar.addEventListener("keydown", (event) => this.pressed(event));
  }

  open() {
    const { state } = this.editor;
    const chosen = state.doc.textBetween(state.selection.from, state.selection.to, " ");
    if (chosen && chosen.length < 200) this.part("query").value = chosen;
    this.bar.hidden = false;
    this.part("query").focus();
    this.part("query").select();
    this.ask();
  }

  close() {
    this.bar.hidden = true;
    this.editor.view.dispatch(this.editor.state.tr.setMeta(key, { query: "" }));
    this.editor.view.focus();
  }

  ask() {
    const asked = { query: this.part("query").value, exact: this.part("exact").checked };
    this.editor.view.dispatch(this.editor.state.tr.setMeta(key, asked));
    this.tell();
  }

  tell() {
    const { found, query } = key.getState(this.editor.state);
    const { from, to } = this.editor.state.selection;
    const index = found.findIndex((each) => each.from === from && each.to === to);
    const { none, of } = this.part("found").dataset;
    this.part("found").textContent = !query ? "" : found.length ? of.replace("%1", index + 1 || "–").replace("%2", found.length) : none;
  }

  go(side) {
    const { found } = key.getState(this.editor.state);
    if (!found.length) return;
    const { from, to } = this.editor.state.selection;
    const next = side > 0 ? found.find((each) => each.from >= to && each.to !== to) ?? found[0] : found.findLast((each) => each.to <= from) ?? found.at(-1);
    const { view, state } = this.editor;
    view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, next.from, next.to)).scrollIntoView());
    view.domAtPos(next.from).node.parentElement?.scrollIntoView({ block: "nearest" });
    this.tell();
  }

  replace(all) {
    const { view, state } = this.editor;
    const { found } = key.getState(state);
    const words = this.part("other").value;
    const { from, to } = state.selection;
    const chosen = all ? found : found.filter((each) => each.from === from && each.to === to);
    if (!chosen.length) return this.go(1);
    const tr = pm.history.closeHistory(state.tr);
    for (const each of [...chosen].reverse()) words ? tr.insertText(words, each.from, each.to) : tr.delete(each.from, each.to);
    if (!all) tr.setSelection(TextSelection.create(tr.doc, from + words.length));
    view.dispatch(tr);
    return all ? this.tell() : this.go(1);
  }

  does(what) {
    if (what === "next") this.go(1);
    else if (what === "previous") this.go(-1);
    else if (what === "replace") this.replace(false);
    else if (what === "all") this.replace(true);
    else if (what === "close") this.close();
  }

  pressed(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target.matches("[data-part]")) this.does(event.target === this.part("other") ? "replace" : event.shiftKey ? "previous" : "next");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
