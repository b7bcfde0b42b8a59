/* Notes: a mark in the text and the words at its end go together; numbers follow the order of the marks. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, TextSelection, NodeSelection } = pm.state;
const { DOMParser: Reader, Fragment } = pm.model;

/* Said of a transaction that puts a whole text in, in which marks and notes stand as they are stored. */
export const WHOLE = "whole text";

let made = 0;
const freshKey = () => `new-${Date.now().toString(36)}-${(made += 1)}`;

function survey(doc) {
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

/* The stretches of the new document that were put in, and whether a note or a mark came or went. */
function changes(transactions) {
  let touches = false;
  let ranges = [];
  const look = (doc, from, to) => {
    if (touches || from === to) return;
    doc.nodesBetween(from, to, (node, pos) => {
      const end = pos + node.nodeSize;
      const isOf = ["noteMark", "note", "endnotes"].includes(node.type.name);
      if (isOf && ((pos >= from && pos < to) || (end > from && end <= to))) touches = true;
      return !touches;
    });
  };
  for (const transaction of transactions) {
    transaction.steps.forEach((step, index) => {
      const map = step.getMap();
      ranges = ranges.map(([from, to]) => [map.map(from, 1), map.map(to, -1)]);
      map.forEach((oldFrom, oldTo, from, to) => {
        look(transaction.docs[index], oldFrom, oldTo);
        look(transaction.docs[index + 1] ?? transaction.doc, from, to);
        ranges.push([from, to]);
      });
    });
  }
  return { touches, ranges };
}

/* What keeps marks and notes together after `transactions`, or nothing. */
function together(transactions, before, state) {
  const { touches, ranges } = changes(transactions);
  if (!touches || transactions.some((each) => pm.history.isHistoryTransaction(each) || each.getMeta(WHOLE))) return null;
  const { tr, schema } = state;
  const old = survey(before.doc);
  const oldMarks = keysOf(old.marks);
  const oldNotes = keysOf(old.notes);
  const words = new Map(old.notes.map(({ key, node }) => [key, node.content]));

  const came = ({ pos }) => ranges.some(([from, to]) => pos >= from && pos < to);
  let now = survey(tr.doc);
  const stayed = keysOf(now.marks.filter((mark) => !came(mark)));
  const fresh = new Map();
  for (const mark of now.marks.filter(came)) {
    const { carried } = mark.node.attrs;
    if (carried === null && !stayed.has(mark.key)) continue;
    if (!fresh.has(mark.key)) fresh.set(mark.key, freshKey());
    const key = fresh.get(mark.key);
    words.set(key, carried === null ? (words.get(mark.key) ?? null) : readNote(schema, carried));
    tr.setNodeMarkup(mark.pos, null, { ...mark.node.attrs, key, carried: null, id: null }, mark.node.marks);
  }

  now = survey(tr.doc);
  const notes = keysOf(now.notes);
  const withoutNote = now.marks.filter(({ key }) => !notes.has(key) && oldNotes.has(key) && oldMarks.has(key));
  for (const { pos } of withoutNote.reverse()) tr.delete(pos, pos + 1);
  const marks = keysOf(survey(tr.doc).marks);
  for (const { pos, node, key } of survey(tr.doc).notes.reverse()) {
    if (key !== null && oldMarks.has(key) && !marks.has(key)) drop(tr, pos, node);
  }
  inOrder(tr, schema);
  add(tr, schema, words);
  number(tr);
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
  const { notes } = survey(Reader.fromSchema(schema).parse(doc, { preserveWhitespace: "full" }));
  return notes.length ? notes[0].node.content : null;
}

/* A list never stands empty: with its last note goes the list, and the section if nothing else is in it. */
function drop(tr, pos, node) {
  let from = tr.doc.resolve(pos);
  let [start, end] = [pos, pos + node.nodeSize];
  for (let depth = from.depth; depth > 0 && from.node(depth).childCount === 1; depth -= 1) {
    [start, end] = [from.before(depth), from.after(depth)];
  }
  if (start === 0 && end === tr.doc.content.size) tr.replaceWith(start, end, tr.doc.type.schema.nodes.paragraph.create());
  else tr.delete(start, end);
}

/* Keys in the order in which their marks stand, then those of notes without a mark. */
function wanted({ marks, notes }) {
  return [...new Set([...marks, ...notes].map(({ key }) => key))];
}

function inOrder(tr, schema) {
  const found = survey(tr.doc);
  if (found.lists.length !== 1) return;
  const order = wanted(found);
  const has = found.notes.map(({ key }) => key);
  const sorted = order.filter((key) => has.includes(key));
  if (new Set(has).size !== has.length || sorted.every((key, index) => key === has[index])) return;
  const [{ node, pos }] = found.lists;
  const inside = tr.selection.from > pos && tr.selection.to < pos + node.nodeSize;
  const home = inside ? found.notes.find((each) => each.pos < tr.selection.from && each.pos + each.node.nodeSize > tr.selection.from) : null;
  const offset = home ? tr.selection.from - home.pos : 0;
  const byKey = new Map(found.notes.map((each) => [each.key, each.node]));
  tr.replaceWith(pos + 1, pos + node.nodeSize - 1, Fragment.from(sorted.map((key) => byKey.get(key))));
  if (home) {
    const moved = survey(tr.doc).notes.find(({ key }) => key === home.key);
    tr.setSelection(TextSelection.near(tr.doc.resolve(moved.pos + offset)));
  }
}

function add(tr, schema, words) {
  const { note, noteList, endnotes, line } = schema.nodes;
  const before = survey(tr.doc);
  const keys = wanted(before);
  const there = keysOf(before.notes);
  for (const [index, key] of keys.entries()) {
    if (there.has(key) || key === null) continue;
    const content = words.get(key);
    const made = note.create({ key }, content?.size ? content : line.create());
    const found = survey(tr.doc);
    const next = found.notes.find((each) => keys.indexOf(each.key) > index);
    const list = found.lists.at(-1);
    if (next) tr.insert(next.pos, made);
    else if (list) tr.insert(list.pos + list.node.nodeSize - 1, made);
    else if (found.end) tr.insert(found.end.pos + found.end.node.nodeSize - 1, noteList.create(null, made));
    else tr.insert(tr.doc.content.size, endnotes.create({ role: "doc-endnotes" }, noteList.create(null, made)));
  }
}

function number(tr) {
  const { marks, notes } = survey(tr.doc);
  const numbers = new Map(wanted({ marks, notes: notes.filter(({ key }) => key !== null) }).map((key, index) => [key, String(index + 1)]));
  const said = new Set();
  for (const { node, pos, key } of marks) {
    const n = numbers.get(key);
    const id = said.has(key) ? null : `ref-${n}`;
    said.add(key);
    if (node.attrs.n !== n || node.attrs.id !== id) tr.setNodeMarkup(pos, null, { ...node.attrs, n, id }, node.marks);
  }
  for (const { node, pos, key } of notes) {
    const id = key === null ? null : `note-${numbers.get(key)}`;
    if (node.attrs.id !== id) tr.setNodeMarkup(pos, null, { ...node.attrs, id });
  }
}

/* On the clipboard each mark carries the words of its note, so that it can be pasted anywhere. */
export function carryNotes(doc, root, stored) {
  const notes = new Map(survey(doc).notes.map(({ key, node }) => [key, node]));
  for (const mark of root.querySelectorAll("sup.note-mark")) {
    const note = notes.get(mark.dataset.key);
    if (note) mark.dataset.note = stored.inner(note.content);
  }
  if (root.querySelector("sup.note-mark")) {
    for (const section of root.querySelectorAll('section[role="doc-endnotes"]')) section.remove();
  }
}

/* The same for HTML of the server, in which the notes stand at the end. */
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
  const place = at.depth ? at : state.selection.$from;
  for (let depth = place.depth; depth > 0; depth -= 1) if (place.node(depth).type.name === "note") return false;
  if (!place.parent.inlineContent || place.parent.type.spec.code) return false;
  const key = freshKey();
  view.dispatch(pm.history.closeHistory(state.tr).insert(place.pos, noteMark.create({ key })));
  return goToNote(view, key);
}

function goToNote(view, key) {
  const note = survey(view.state.doc).notes.find((each) => each.key === key);
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
  const mark = note && survey(view.state.doc).marks.find(({ key }) => key === note.node.attrs.key);
  if (!mark) return false;
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, mark.pos + 1)).scrollIntoView());
  return true;
}

/* Backspace in a note without words takes it and its mark away. */
function dropEmpty(view) {
  const { selection, doc } = view.state;
  const note = selection.empty && noteAround(selection);
  if (!note || note.node.textContent || note.node.content.size > 2) return false;
  const mark = survey(doc).marks.find(({ key }) => key === note.node.attrs.key);
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
      Backspace: () => dropEmpty(view()),
      Enter: () => {
        const { selection } = view().state;
        return selection instanceof NodeSelection && selection.node.type.name === "noteMark" && goToNote(view(), selection.node.attrs.key);
      },
    };
  },
  addProseMirrorPlugins() {
    return [
      new Plugin({
        appendTransaction: (transactions, before, state) =>
          transactions.some(({ docChanged }) => docChanged) ? together(transactions, before, state) : null,
        props: {
          handleDoubleClickOn: (view, _pos, node) => node.type.name === "noteMark" && goToNote(view, node.attrs.key),
        },
      }),
    ];
  },
});
