/* Ways out by keys: to either end of the text from wherever one is, and out of tables, figures, lists and notes. */

import { Extension, pm } from "django-prose-editor/editor";

const { NodeSelection, Selection, TextSelection } = pm.state;
const WORDS = ["paragraph", "heading", "line"];

/* The end of the text, and from there the end of the notes below it. */
function end({ doc, selection }) {
  const notes = doc.lastChild?.type.name === "endnotes" ? doc.lastChild : null;
  if (!notes || doc.childCount === 1) return Selection.atEnd(doc);
  const text = Selection.near(doc.resolve(doc.content.size - notes.nodeSize), -1);
  return selection.head >= text.head ? Selection.atEnd(doc) : text;
}

function go(view, target, isExtending) {
  const { tr, doc, selection } = view.state;
  const to = isExtending ? TextSelection.between(selection.$anchor, doc.resolve(target.head)) : target;
  view.dispatch(tr.setSelection(to).scrollIntoView());
  view.focus(); // a click just before may have moved the browser's caret without the editor having heard of it
  return true;
}

/* Into a paragraph behind or before the whole of it, made if there is none; out of the notes to the end of the text. */
function leave({ view }, side) {
  const { doc, selection, schema, tr } = view.state;
  const { $from } = selection;
  const isWhole = selection instanceof NodeSelection && !$from.depth;
  if (!isWhole && !$from.depth) return false;
  const node = isWhole ? selection.node : $from.node(1);
  const start = isWhole ? selection.from : $from.before(1);
  if (WORDS.includes(node.type.name)) return false;
  const isNotes = node.type.name === "endnotes";
  const isBefore = isNotes || side < 0;
  const at = isBefore ? start : start + node.nodeSize;
  const beside = isBefore ? doc.resolve(at).nodeBefore : doc.resolve(at).nodeAfter;
  const isThere = beside?.type === schema.nodes.paragraph && (isNotes || !beside.content.size);
  if (!isThere) tr.insert(at, schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.create(tr.doc, isThere && isBefore ? at - 1 : at + 1));
  view.dispatch(tr.scrollIntoView());
  return true;
}

export const Leaving = Extension.create({
  name: "leaving",
  priority: 250,
  addKeyboardShortcuts() {
    const { editor } = this;
    const view = () => editor.view;
    return {
      "Mod-Home": () => go(view(), Selection.atStart(view().state.doc)),
      "Mod-Shift-Home": () => go(view(), Selection.atStart(view().state.doc), true),
      "Mod-End": () => go(view(), end(view().state)),
      "Mod-Shift-End": () => go(view(), end(view().state), true),
      "Mod-Enter": () => leave(editor, 1),
      "Mod-Shift-Enter": () => leave(editor, -1),
    };
  },
});
