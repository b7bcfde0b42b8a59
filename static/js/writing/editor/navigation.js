/* Keyboard navigation: to either end of the text, and out of tables, figures, lists and notes. */

import { Extension, pm } from "django-prose-editor/editor";

const { NodeSelection, Selection, TextSelection } = pm.state;
const TEXT_BLOCKS = ["paragraph", "heading", "line"];

/* The end of the text; from there, the end of the notes below it. */
function endOf({ doc, selection }) {
  const notes = doc.lastChild?.type.name === "endnotes" ? doc.lastChild : null;
  if (!notes || doc.childCount === 1) return Selection.atEnd(doc);
  const text = Selection.near(doc.resolve(doc.content.size - notes.nodeSize), -1);
  return selection.head >= text.head ? Selection.atEnd(doc) : text;
}

function select(view, target, isExtending) {
  const { tr, doc, selection } = view.state;
  const to = isExtending ? TextSelection.between(selection.$anchor, doc.resolve(target.head)) : target;
  view.dispatch(tr.setSelection(to).scrollIntoView());
  view.focus(); // after a click the browser's caret may have moved without the editor's knowledge
  return true;
}

/* Move into a paragraph after or before the whole block, created if missing; out of the notes to the end of the
   text. */
function leaveBlock({ view }, side) {
  const { doc, selection, schema, tr } = view.state;
  const { $from } = selection;
  const isWhole = selection instanceof NodeSelection && !$from.depth;
  if (!isWhole && !$from.depth) return false;
  const node = isWhole ? selection.node : $from.node(1);
  const start = isWhole ? selection.from : $from.before(1);
  if (TEXT_BLOCKS.includes(node.type.name)) return false;
  const isNotes = node.type.name === "endnotes";
  const isBefore = isNotes || side < 0;
  const boundary = isBefore ? start : start + node.nodeSize;
  const neighbor = isBefore ? doc.resolve(boundary).nodeBefore : doc.resolve(boundary).nodeAfter;
  const isParagraph = neighbor?.type === schema.nodes.paragraph && (isNotes || !neighbor.content.size);
  if (!isParagraph) tr.insert(boundary, schema.nodes.paragraph.create());
  tr.setSelection(TextSelection.create(tr.doc, isParagraph && isBefore ? boundary - 1 : boundary + 1));
  view.dispatch(tr.scrollIntoView());
  return true;
}

export const Navigation = Extension.create({
  name: "navigation",
  priority: 250,
  addKeyboardShortcuts() {
    const { editor } = this;
    const view = () => editor.view;
    return {
      "Mod-Home": () => select(view(), Selection.atStart(view().state.doc)),
      "Mod-Shift-Home": () => select(view(), Selection.atStart(view().state.doc), true),
      "Mod-End": () => select(view(), endOf(view().state)),
      "Mod-Shift-End": () => select(view(), endOf(view().state), true),
      "Mod-Enter": () => leaveBlock(editor, 1),
      "Mod-Shift-Enter": () => leaveBlock(editor, -1),
    };
  },
});
