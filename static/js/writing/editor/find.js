/* Find and replace in the whole text with its notes; all matches are highlighted while the bar is open. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, PluginKey, TextSelection } = pm.state;
const { Decoration, DecorationSet } = pm.view;
const key = new PluginKey("find");
const EMPTY = { query: "", exact: false, matches: [], decorations: DecorationSet.empty };

function searchText(doc, { query, exact }) {
  if (!query) return [];
  const pattern = new RegExp(query.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/['’]/g, "['’]").replace(/["“”„]/g, '["“”„]'), exact ? "gu" : "giu");
  const matches = [];
  doc.descendants((node, pos) => {
    if (!node.isTextblock) return true;
    const text = node.textBetween(0, node.content.size, null, "\ufffc");
    for (const { index, 0: match } of text.matchAll(pattern)) matches.push({ from: pos + 1 + index, to: pos + 1 + index + match.length });
    return false;
  });
  return matches;
}

function findMatches(doc, options, selection) {
  const matches = searchText(doc, options);
  const current = matches.find(({ from, to }) => from === selection.from && to === selection.to);
  const decorations = DecorationSet.create(doc, matches.map((each) => Decoration.inline(each.from, each.to, { class: each === current ? "found here" : "found" })));
  return { ...options, matches, decorations };
}

export const Find = Extension.create({
  name: "find",
  addProseMirrorPlugins() {
    return [
      new Plugin({
        key,
        state: {
          init: () => EMPTY,
          apply(tr, previous, _before, state) {
            const options = tr.getMeta(key);
            if (options) return options.query ? findMatches(state.doc, options, state.selection) : EMPTY;
            if (!previous.query || !(tr.docChanged || tr.selectionSet)) return previous;
            return findMatches(state.doc, { query: previous.query, exact: previous.exact }, state.selection);
          },
        },
        props: { decorations: (state) => key.getState(state).decorations },
      }),
    ];
  },
});

export class FindBar {
  constructor(bar, editor) {
    this.bar = bar;
    this.editor = editor;
    this.part = (name) => bar.querySelector(`[data-part="${name}"]`);
    bar.addEventListener("input", () => this.search());
    bar.addEventListener("click", ({ target }) => this.run(target.closest("[data-finds]")?.dataset.finds));
    bar.addEventListener("keydown", (event) => this.onKeydown(event));
  }

  open() {
    const { state } = this.editor;
    const selected = state.doc.textBetween(state.selection.from, state.selection.to, " ");
    if (selected && selected.length < 200) this.part("query").value = selected;
    this.bar.hidden = false;
    this.part("query").focus();
    this.part("query").select();
    this.search();
  }

  close() {
    this.bar.hidden = true;
    this.editor.view.dispatch(this.editor.state.tr.setMeta(key, { query: "" }));
    this.editor.view.focus();
  }

  search() {
    const options = { query: this.part("query").value, exact: this.part("exact").checked };
    this.editor.view.dispatch(this.editor.state.tr.setMeta(key, options));
    this.showCount();
  }

  showCount() {
    const { matches, query } = key.getState(this.editor.state);
    const { from, to } = this.editor.state.selection;
    const index = matches.findIndex((each) => each.from === from && each.to === to);
    const { none, of } = this.part("found").dataset;
    this.part("found").textContent = !query ? "" : matches.length ? of.replace("%1", index + 1 || "–").replace("%2", matches.length) : none;
  }

  goTo(direction) {
    const { matches } = key.getState(this.editor.state);
    if (!matches.length) return;
    const { from, to } = this.editor.state.selection;
    const next = direction > 0 ? matches.find((each) => each.from >= to && each.to !== to) ?? matches[0] : matches.findLast((each) => each.to <= from) ?? matches.at(-1);
    const { view, state } = this.editor;
    view.dispatch(state.tr.setSelection(TextSelection.create(state.doc, next.from, next.to)).scrollIntoView());
    view.domAtPos(next.from).node.parentElement?.scrollIntoView({ block: "nearest" });
    this.showCount();
  }

  replace(all) {
    const { view, state } = this.editor;
    const { matches } = key.getState(state);
    const text = this.part("other").value;
    const { from, to } = state.selection;
    const selected = all ? matches : matches.filter((each) => each.from === from && each.to === to);
    if (!selected.length) return this.goTo(1);
    const tr = pm.history.closeHistory(state.tr);
    for (const each of [...selected].reverse()) text ? tr.insertText(text, each.from, each.to) : tr.delete(each.from, each.to);
    if (!all) tr.setSelection(TextSelection.create(tr.doc, from + text.length));
    view.dispatch(tr);
    return all ? this.showCount() : this.goTo(1);
  }

  run(action) {
    if (action === "next") this.goTo(1);
    else if (action === "previous") this.goTo(-1);
    else if (action === "replace") this.replace(false);
    else if (action === "all") this.replace(true);
    else if (action === "close") this.close();
  }

  onKeydown(event) {
    if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && event.target.matches("[data-part]")) this.run(event.target === this.part("other") ? "replace" : event.shiftKey ? "previous" : "next");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
