/* Notes: keeps each mark in the text together with its note at the end, numbered in the order of the marks. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, TextSelection, NodeSelection } = pm.state;
const { DOMParser: Reader, Fragment } = pm.model;

/* Metadata of a transaction that replaces the whole text, whose marks and notes are valid as stored. */
export const WHOLE_TEXT = "whole text";

let keyCount = 0;
const newKey = () => `new-${Date.now().toString(36)}-${(keyCount += 1)}`;

function findNotes(doc) {
  const found = { marks: [], notes: [], lists: [], end: null };
  doc.descendants((node, pos) => {
    const { name } = node.type;
    if (name === "noteMark") found.marks.push({ node, pos, key: node.attrs.key });
    else if (name === "note") found.notes.push({ node, pos, key: node.attrs.key });
    else if (name === "noteList") found.lists.push({ node, pos });
    else if (name === "endnotes") found.end = { node, pos };
  });
  return found;
}

const keysOf = (found) => new Set(found.map(({ key }) => key));

/* The inserted ranges of the new document, and whether a note or a mark was added or removed. */
function changes(transactions) {
  let isChanged = false;
  let ranges = [];
  const inspect = (doc, from, to) => {
    if (isChanged || from === to) return;
    doc.nodesBetween(from, to, (node, pos) => {
      const end = pos + node.nodeSize;
      const isNotePart = ["noteMark", "note", "endnotes"].includes(node.type.name);
      if (isNotePart && ((pos >= from && pos < to) || (end > from && end <= to))) isChanged = true;
      return !isChanged;
    });
  };
  for (const transaction of transactions) {
    transaction.steps.forEach((step, index) => {
      const map = step.getMap();
      ranges = ranges.map(([from, to]) => [map.map(from, 1), map.map(to, -1)]);
      map.forEach((oldFrom, oldTo, from, to) => {
        inspect(transaction.docs[index], oldFrom, oldTo);
        inspect(transaction.docs[index + 1] ?? transaction.doc, from, to);
        ranges.push([from, to]);
      });
    });
  }
  return { isChanged, ranges };
}

/* The transaction that keeps marks and notes together after `transactions`, or null. */
function synchronize(transactions, before, state) {
  const { isChanged, ranges } = changes(transactions);
  if (!isChanged || transactions.some((each) => pm.history.isHistoryTransaction(each) || each.getMeta(WHOLE_TEXT))) return null;
  const { tr, schema } = state;
  const old = findNotes(before.doc);
  const oldMarks = keysOf(old.marks);
  const oldNotes = keysOf(old.notes);
  const contents = new Map(old.notes.map(({ key, node }) => [key, node.content]));

  const isInserted = ({ pos }) => ranges.some(([from, to]) => pos >= from && pos < to);
  let current = findNotes(tr.doc);
  const unchangedKeys = keysOf(current.marks.filter((mark) => !isInserted(mark)));
  const newKeys = new Map();
  for (const mark of current.marks.filter(isInserted)) {
    const { carried } = mark.node.attrs;
    if (carried === null && !unchangedKeys.has(mark.key)) continue;
    if (!newKeys.has(mark.key)) newKeys.set(mark.key, newKey());
    const key = newKeys.get(mark.key);
    contents.set(key, carried === null ? (contents.get(mark.key) ?? null) : readNote(schema, carried));
    tr.setNodeMarkup(mark.pos, null, { ...mark.node.attrs, key, carried: null, id: null }, mark.node.marks);
  }

  current = findNotes(tr.doc);
  const notes = keysOf(current.notes);
  const withoutNote = current.marks.filter(({ key }) => !notes.has(key) && oldNotes.has(key) && oldMarks.has(key));
  for (const { pos } of withoutNote.reverse()) tr.delete(pos, pos + 1);
  const marks = keysOf(findNotes(tr.doc).marks);
  for (const { pos, node, key } of findNotes(tr.doc).notes.reverse()) {
    if (key !== null && oldMarks.has(key) && !marks.has(key)) deleteNote(tr, pos, node);
  }
  sortNotes(tr, schema);
  addMissingNotes(tr, schema, contents);
  numberNotes(tr);
  return tr.docChanged ? tr : null;
}

function readNote(schema, html) {
  const holder = document.createElement("section");
  holder.setAttribute("role", "doc-endnotes");
  holder.append(document.createElement("ol"));
  holder.firstChild.append(document.createElement("li"));
  holder.firstChild.firstChild.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  const doc = document.createElement("div");
  doc.append(holder);
  const { notes } = findNotes(Reader.fromSchema(schema).parse(doc, { preserveWhitespace: "full" }));
  return notes.length ? notes[0].node.content : null;
}

/* Delete a note; with the last one its list, and the section if nothing else is in it. */
function deleteNote(tr, pos, node) {
  let from = tr.doc.resolve(pos);
  let [start, end] = [pos, pos + node.nodeSize];
  for (let depth = from.depth; depth > 0 && from.node(depth).childCount === 1; depth -= 1) {
    [start, end] = [from.before(depth), from.after(depth)];
  }
  if (start === 0 && end === tr.doc.content.size) tr.replaceWith(start, end, tr.doc.type.schema.nodes.paragraph.create());
  else tr.delete(start, end);
}

/* Keys in the order of their marks, then those of notes without a mark. */
function keyOrder({ marks, notes }) {
  return [...new Set([...marks, ...notes].map(({ key }) => key))];
}

function sortNotes(tr, schema) {
  const found = findNotes(tr.doc);
  if (found.lists.length !== 1) return;
  const order = keyOrder(found);
  const currentKeys = found.notes.map(({ key }) => key);
  const sorted = order.filter((key) => currentKeys.includes(key));
  if (new Set(currentKeys).size !== currentKeys.length || sorted.every((key, index) => key === currentKeys[index])) return;
  const [{ node, pos }] = found.lists;
  const inside = tr.selection.from > pos && tr.selection.to < pos + node.nodeSize;
  const noteWithCursor = inside ? found.notes.find((each) => each.pos < tr.selection.from && each.pos + each.node.nodeSize > tr.selection.from) : null;
  const offset = noteWithCursor ? tr.selection.from - noteWithCursor.pos : 0;
  const byKey = new Map(found.notes.map((each) => [each.key, each.node]));
  tr.replaceWith(pos + 1, pos + node.nodeSize - 1, Fragment.from(sorted.map((key) => byKey.get(key))));
  if (noteWithCursor) {
    const moved = findNotes(tr.doc).notes.find(({ key }) => key === noteWithCursor.key);
    tr.setSelection(TextSelection.near(tr.doc.resolve(moved.pos + offset)));
  }
}

function addMissingNotes(tr, schema, contents) {
  const { note, noteList, endnotes, line } = schema.nodes;
  const before = findNotes(tr.doc);
  const keys = keyOrder(before);
  const existing = keysOf(before.notes);
  for (const [index, key] of keys.entries()) {
    if (existing.has(key) || key === null) continue;
    const content = contents.get(key);
    const created = note.create({ key }, content?.size ? content : line.create());
    const found = findNotes(tr.doc);
    const next = found.notes.find((each) => keys.indexOf(each.key) > index);
    const list = found.lists.at(-1);
    if (next) tr.insert(next.pos, created);
    else if (list) tr.insert(list.pos + list.node.nodeSize - 1, created);
    else if (found.end) tr.insert(found.end.pos + found.end.node.nodeSize - 1, noteList.create(null, created));
    else tr.insert(tr.doc.content.size, endnotes.create({ role: "doc-endnotes" }, noteList.create(null, created)));
  }
}

function numberNotes(tr) {
  const { marks, notes } = findNotes(tr.doc);
  const numbers = new Map(keyOrder({ marks, notes: notes.filter(({ key }) => key !== null) }).map((key, index) => [key, String(index + 1)]));
  const numbered = new Set();
  for (const { node, pos, key } of marks) {
    const n = numbers.get(key);
    const id = numbered.has(key) ? null : `ref-${n}`;
    numbered.add(key);
    if (node.attrs.n !== n || node.attrs.id !== id) tr.setNodeMarkup(pos, null, { ...node.attrs, n, id }, node.marks);
  }
  for (const { node, pos, key } of notes) {
    const id = key === null ? null : `note-${numbers.get(key)}`;
    if (node.attrs.id !== id) tr.setNodeMarkup(pos, null, { ...node.attrs, id });
  }
}

/* On the clipboard each mark carries the HTML of its note, so that it can be pasted anywhere. */
export function carryNotes(doc, root, stored) {
  const notes = new Map(findNotes(doc).notes.map(({ key, node }) => [key, node]));
  for (const mark of root.querySelectorAll("sup.note-mark")) {
    const note = notes.get(mark.dataset.key);
    if (note) mark.dataset.note = stored.inner(note.content);
  }
  if (root.querySelector("sup.note-mark")) {
    for (const section of root.querySelectorAll('section[role="doc-endnotes"]')) section.remove();
  }
}

/* The same for the server's HTML, in which the notes are at the end. */
export function gatherNotes(body) {
  for (const mark of body.querySelectorAll('sup > a[role="doc-noteref"]')) {
    const note = body.querySelector(`section > ol > li[id="${CSS.escape(mark.getAttribute("href").slice(1))}"]`);
    mark.parentElement.dataset.note = note ? note.innerHTML : "";
  }
  for (const section of body.querySelectorAll('section[role="doc-endnotes"]')) section.remove();
}

export function insertNote({ state, view }) {
  const { noteMark } = state.schema.nodes;
  const at = state.selection.$to;
  const position = at.depth ? at : state.selection.$from;
  for (let depth = position.depth; depth > 0; depth -= 1) if (position.node(depth).type.name === "note") return false;
  if (!position.parent.inlineContent || position.parent.type.spec.code) return false;
  const key = newKey();
  view.dispatch(pm.history.closeHistory(state.tr).insert(position.pos, noteMark.create({ key })));
  return goToNote(view, key);
}

function goToNote(view, key) {
  const note = findNotes(view.state.doc).notes.find((each) => each.key === key);
  if (!note) return false;
  const end = TextSelection.near(view.state.doc.resolve(note.pos + note.node.nodeSize - 1), -1);
  view.dispatch(view.state.tr.setSelection(end).scrollIntoView());
  view.focus();
  return true;
}

function noteAround({ $from }) {
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if ($from.node(depth).type.name === "note") return { node: $from.node(depth), pos: $from.before(depth) };
  }
  return null;
}

function backToMark(view) {
  const note = noteAround(view.state.selection);
  const mark = note && findNotes(view.state.doc).marks.find(({ key }) => key === note.node.attrs.key);
  if (!mark) return false;
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, mark.pos + 1)).scrollIntoView());
  return true;
}

/* Backspace in an empty note deletes it and its mark. */
function deleteEmptyNote(view) {
  const { selection, doc } = view.state;
  const note = selection.empty && noteAround(selection);
  if (!note || note.node.textContent || note.node.content.size > 2) return false;
  const mark = findNotes(doc).marks.find(({ key }) => key === note.node.attrs.key);
  if (!mark) return false;
  const tr = view.state.tr.delete(mark.pos, mark.pos + 1);
  view.dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(mark.pos), -1)).scrollIntoView());
  return true;
}

export const Notes = Extension.create({
  name: "notes",
  priority: 500,
  addKeyboardShortcuts() {
    const view = () => this.editor.view;
    return {
      "Mod-Alt-f": () => insertNote(this.editor),
      Escape: () => backToMark(view()),
      Backspace: () => deleteEmptyNote(view()),
      Enter: () => {
        const { selection } = view().state;
        return selection instanceof NodeSelection && selection.node.type.name === "noteMark" && goToNote(view(), selection.node.attrs.key);
      },
    };
  },
  addProseMirrorPlugins() {
    return [
      new Plugin({
        filterTransaction: ({ docChanged, selection: { empty, $from } }) => // no caret, and so no text, after the notes
          docChanged || !empty || $from.depth > 0 || $from.nodeBefore?.type.name !== "endnotes",
        appendTransaction: (transactions, before, state) =>
          transactions.some(({ docChanged }) => docChanged) ? synchronize(transactions, before, state) : null,
        props: {
          handleDoubleClickOn: (view, _pos, node) => node.type.name === "noteMark" && goToNote(view, node.attrs.key),
        },
      }),
    ];
  },
});
