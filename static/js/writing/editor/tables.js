/* Small tables: rows, columns, headers and a caption; Tab moves from cell to cell. */

import { Extension, pm } from "django-prose-editor/editor";
import { findAncestor } from "./blocks.js";

const { TextSelection } = pm.state;
const CELLS = ["td", "th"];
const SECTIONS = ["thead", "tbody", "tfoot"];

function findCell(state) {
  const cell = findAncestor(state.selection, ...CELLS);
  if (!cell) return null;
  const { $from } = state.selection;
  const at = (depth) => ({ node: $from.node(depth), pos: $from.before(depth) });
  const [row, section, table] = [at(cell.depth - 1), at(cell.depth - 2), at(cell.depth - 3)];
  return { cell, row, section, table, column: $from.index(cell.depth - 1), first: $from.index(cell.depth - 3) };
}

export const isInTable = (state) => findAncestor(state.selection, "table") !== null;

/* Rows of the table at `pos`, each with its position and its cells. */
function rows(doc, pos) {
  const found = [];
  const table = doc.nodeAt(pos);
  table.forEach((section, inTable) => {
    if (!SECTIONS.includes(section.type.name)) return;
    section.forEach((row, inSection) => {
      const start = pos + 1 + inTable + 1 + inSection;
      const cells = [];
      row.forEach((cell, inRow) => cells.push({ node: cell, pos: start + 1 + inRow }));
      found.push({ node: row, pos: start, cells, section });
    });
  });
  return found;
}

const withoutSpans = (attrs) => ({ ...attrs, colspan: null, rowspan: null });

function addRow(state, direction) {
  const { row, section } = findCell(state);
  const cells = [];
  row.node.forEach((cell) => cells.push(cell.type.createAndFill(withoutSpans(cell.attrs))));
  const body = state.schema.nodes.tbody;
  const isHead = section.node.type.name === "thead" && direction > 0;
  const created = row.node.type.create(null, isHead ? cells.map(() => state.schema.nodes.td.createAndFill()) : cells);
  if (!isHead) return state.tr.insert(direction > 0 ? row.pos + row.node.nodeSize : row.pos, created);
  const after = section.pos + section.node.nodeSize;
  const next = state.doc.nodeAt(after);
  return next?.type === body ? state.tr.insert(after + 1, created) : state.tr.insert(after, body.create(null, created));
}

function addColumn(state, direction) {
  const { table, column } = findCell(state);
  const { tr } = state;
  for (const { cells, pos } of rows(state.doc, table.pos).reverse()) {
    const neighbor = cells[Math.min(column, cells.length - 1)];
    if (!neighbor) continue;
    const created = neighbor.node.type.createAndFill(withoutSpans(neighbor.node.attrs));
    const at = cells.length <= column ? pos + 1 + cells.reduce((sum, { node }) => sum + node.nodeSize, 0) : neighbor.pos + (direction > 0 ? neighbor.node.nodeSize : 0);
    tr.insert(at, created);
  }
  return tr;
}

function deleteTable(state, { table }) {
  const tr = state.tr.delete(table.pos, table.pos + table.node.nodeSize);
  if (!tr.doc.childCount) tr.insert(0, state.schema.nodes.paragraph.create());
  return tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(table.pos, tr.doc.content.size))));
}

function deleteRow(state) {
  const current = findCell(state);
  const { row, section, table } = current;
  if (section.node.childCount > 1) return state.tr.delete(row.pos, row.pos + row.node.nodeSize);
  if (rows(state.doc, table.pos).length === 1) return deleteTable(state, current);
  return state.tr.delete(section.pos, section.pos + section.node.nodeSize);
}

function deleteColumn(state) {
  const current = findCell(state);
  const all = rows(state.doc, current.table.pos);
  if (all.every(({ cells }) => cells.length <= 1)) return deleteTable(state, current);
  const { tr } = state;
  for (const { cells } of all.reverse()) {
    const cell = cells[current.column];
    if (cell) tr.delete(cell.pos, cell.pos + cell.node.nodeSize);
  }
  return tr;
}

function setType(tr, cell, type, scope) {
  tr.setNodeMarkup(cell.pos, type, { ...cell.node.attrs, scope });
}

/* Toggle the header row: move the first row into a <thead>, or back into the body. */
function toggleHeaderRow(state) {
  const { table } = findCell(state);
  const { thead, tbody, th, td } = state.schema.nodes;
  const head = [];
  const body = [];
  let rest = [];
  table.node.forEach((part) => {
    if (part.type === thead) part.forEach((row) => head.push(row));
    else if (part.type === tbody) part.forEach((row) => body.push(row));
    else rest.push(part);
  });
  const as = (row, type, scope) => {
    const cells = [];
    row.forEach((cell) => cells.push(type.create({ ...cell.attrs, scope }, cell.content)));
    return row.type.create(row.attrs, cells);
  };
  const hasHeader = head.length > 0;
  const above = hasHeader ? [] : [as(body[0], th, "col")];
  const below = hasHeader ? [...head.map((row) => as(row, td, null)), ...body] : body.slice(1);
  if (!hasHeader && !body.length) return state.tr;
  const captions = rest.filter(({ type }) => type.name === "caption");
  rest = rest.filter(({ type }) => type.name !== "caption");
  const parts = [...captions, ...(above.length ? [thead.create(null, above)] : []), ...(below.length ? [tbody.create(null, below)] : []), ...rest];
  const created = table.node.type.create(table.node.attrs, parts);
  const tr = state.tr.replaceWith(table.pos, table.pos + table.node.nodeSize, created);
  return tr.setSelection(TextSelection.near(tr.doc.resolve(table.pos + 1)));
}

function toggleHeaderColumn(state) {
  const { table } = findCell(state);
  const { th, td } = state.schema.nodes;
  const all = rows(state.doc, table.pos).filter(({ section }) => section.type.name !== "thead");
  const hasHeader = all.every(({ cells }) => cells[0]?.node.type === th);
  const { tr } = state;
  for (const { cells } of all) if (cells[0]) setType(tr, cells[0], hasHeader ? td : th, hasHeader ? null : "row");
  return tr;
}

function editCaption(state) {
  const { table } = findCell(state) ?? { table: findAncestor(state.selection, "table") };
  const first = table.node.firstChild;
  const { tr } = state;
  if (first.type.name !== "caption") tr.insert(table.pos + 1, state.schema.nodes.caption.create());
  return tr.setSelection(TextSelection.create(tr.doc, table.pos + 2 + (first.type.name === "caption" ? first.content.size : 0)));
}

const COMMANDS = {
  rowBefore: (state) => addRow(state, -1),
  rowAfter: (state) => addRow(state, 1),
  columnBefore: (state) => addColumn(state, -1),
  columnAfter: (state) => addColumn(state, 1),
  headRow: toggleHeaderRow,
  headColumn: toggleHeaderColumn,
  caption: editCaption,
  deleteRow,
  deleteColumn,
  deleteTable: (state) => deleteTable(state, findCell(state) ?? { table: findAncestor(state.selection, "table") }),
};

export function runTableCommand({ view }, name) {
  const { state } = view;
  if (!findCell(state) && !["caption", "deleteTable"].includes(name)) return;
  view.dispatch(COMMANDS[name](state).scrollIntoView());
  view.focus();
}

export function insertTable({ view, schema }, { rows: count, columns, head }) {
  const { table, thead, tbody, tr: row, th, td } = schema.nodes;
  const createRow = (type, attrs) => row.create(null, Array.from({ length: columns }, () => type.createAndFill(attrs)));
  const parts = [];
  if (head) parts.push(thead.create(null, createRow(th, { scope: "col" })));
  const rest = Array.from({ length: count - (head ? 1 : 0) }, () => createRow(td, null));
  if (rest.length) parts.push(tbody.create(null, rest));
  const { tr } = view.state;
  tr.replaceSelectionWith(table.create(null, parts));
  let start = null;
  tr.doc.nodesBetween(Math.max(0, tr.mapping.map(view.state.selection.from, -1) - 1), tr.doc.content.size, (node, pos) => {
    if (CELLS.includes(node.type.name)) start ??= pos;
    return start === null;
  });
  if (start !== null) tr.setSelection(TextSelection.near(tr.doc.resolve(start + 1)));
  view.dispatch(tr.scrollIntoView());
  view.focus();
}

function moveToCell(editor, direction) {
  const { state, view } = editor;
  const current = findCell(state);
  if (!current) return false;
  const cells = rows(state.doc, current.table.pos).flatMap((row) => row.cells);
  const index = cells.findIndex(({ pos }) => pos === current.cell.pos) + direction;
  if (index < 0) return true;
  let { tr } = state;
  let target = cells[index]?.pos;
  if (target === undefined) {
    tr = addRow(state, 1);
    target = rows(tr.doc, current.table.pos).at(-1).cells[0].pos;
  }
  const cell = tr.doc.nodeAt(target);
  view.dispatch(tr.setSelection(TextSelection.between(tr.doc.resolve(target + 1), tr.doc.resolve(target + cell.nodeSize - 1))).scrollIntoView());
  return true;
}

export const Tables = Extension.create({
  name: "tables",
  priority: 300,
  addKeyboardShortcuts() {
    const { editor } = this;
    const inList = () => findAncestor(editor.state.selection, "listItem") !== null;
    return {
      Tab: () => moveToCell(editor, 1) || (inList() && (editor.commands.sinkListItem("listItem") || true)),
      "Shift-Tab": () => moveToCell(editor, -1) || (inList() && (editor.commands.liftListItem("listItem") || true)),
    };
  },
});
