/* Small tables: rows, columns, heads, a caption; Tab goes from cell to cell. */

import { Extension, pm } from "django-prose-editor/editor";
import { around } from "./blocks.js";

const { TextSelection } = pm.state;
const CELLS = ["td", "th"];
const SECTIONS = ["thead", "tbody", "tfoot"];

function place(state) {
  const cell = around(state.selection, ...CELLS);
  if (!cell) return null;
  const { $from } = state.selection;
  const at = (depth) => ({ node: $from.node(depth), pos: $from.before(depth) });
  const [row, section, table] = [at(cell.depth - 1), at(cell.depth - 2), at(cell.depth - 3)];
  return { cell, row, section, table, column: $from.index(cell.depth - 1), first: $from.index(cell.depth - 3) };
}

export const isInTable = (state) => around(state.selection, "table") !== null;

/* Rows of the table at `pos`, each with its place and that of its cells. */
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

const bare = (attrs) => ({ ...attrs, colspan: null, rowspan: null });

function addRow(state, side) {
  const { row, section } = place(state);
  const cells = [];
  row.node.forEach((cell) => cells.push(cell.type.createAndFill(bare(cell.attrs))));
  const body = state.schema.nodes.tbody;
  const isHead = section.node.type.name === "thead" && side > 0;
  const made = row.node.type.create(null, isHead ? cells.map(() => state.schema.nodes.td.createAndFill()) : cells);
  if (!isHead) return state.tr.insert(side > 0 ? row.pos + row.node.nodeSize : row.pos, made);
  const after = section.pos + section.node.nodeSize;
  const next = state.doc.nodeAt(after);
  return next?.type === body ? state.tr.insert(after + 1, made) : state.tr.insert(after, body.create(null, made));
}

function addColumn(state, side) {
  const { table, column } = place(state);
  const { tr } = state;
  for (const { cells, pos } of rows(state.doc, table.pos).reverse()) {
    const beside = cells[Math.min(column, cells.length - 1)];
    if (!beside) continue;
    const made = beside.node.type.createAndFill(bare(beside.node.attrs));
    const at = cells.length <= column ? pos + 1 + cells.reduce((sum, { node }) => sum + node.nodeSize, 0) : beside.pos + (side > 0 ? beside.node.nodeSize : 0);
    tr.insert(at, made);
  }
  return tr;
}

function deleteTable(state, { table }) {
  const tr = state.tr.delete(table.pos, table.pos + table.node.nodeSize);
  if (!tr.doc.childCount) tr.insert(0, state.schema.nodes.paragraph.create());
  return tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(table.pos, tr.doc.content.size))));
}

function deleteRow(state) {
  const here = place(state);
  const { row, section, table } = here;
  if (section.node.childCount > 1) return state.tr.delete(row.pos, row.pos + row.node.nodeSize);
  if (rows(state.doc, table.pos).length === 1) return deleteTable(state, here);
  return state.tr.delete(section.pos, section.pos + section.node.nodeSize);
}

function deleteColumn(state) {
  const here = place(state);
  const all = rows(state.doc, here.table.pos);
  if (all.every(({ cells }) => cells.length <= 1)) return deleteTable(state, here);
  const { tr } = state;
  for (const { cells } of all.reverse()) {
    const cell = cells[here.column];
    if (cell) tr.delete(cell.pos, cell.pos + cell.node.nodeSize);
  }
  return tr;
}

function setType(tr, cell, type, scope) {
  tr.setNodeMarkup(cell.pos, type, { ...cell.node.attrs, scope });
}

/* The first row in a head of its own, or back in the body. */
function headRow(state) {
  const { table } = place(state);
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
  const isHeaded = head.length > 0;
  const above = isHeaded ? [] : [as(body[0], th, "col")];
  const below = isHeaded ? [...head.map((row) => as(row, td, null)), ...body] : body.slice(1);
  if (!isHeaded && !body.length) return state.tr;
  const caption = rest.filter(({ type }) => type.name === "caption");
  rest = rest.filter(({ type }) => type.name !== "caption");
  const parts = [...caption, ...(above.length ? [thead.create(null, above)] : []), ...(below.length ? [tbody.create(null, below)] : []), ...rest];
  const made = table.node.type.create(table.node.attrs, parts);
  const tr = state.tr.replaceWith(table.pos, table.pos + table.node.nodeSize, made);
  return tr.setSelection(TextSelection.near(tr.doc.resolve(table.pos + 1)));
}

function headColumn(state) {
  const { table } = place(state);
  const { th, td } = state.schema.nodes;
  const all = rows(state.doc, table.pos).filter(({ section }) => section.type.name !== "thead");
  const isHeaded = all.every(({ cells }) => cells[0]?.node.type === th);
  const { tr } = state;
  for (const { cells } of all) if (cells[0]) setType(tr, cells[0], isHeaded ? td : th, isHeaded ? null : "row");
  return tr;
}

function caption(state) {
  const { table } = place(state) ?? { table: around(state.selection, "table") };
  const first = table.node.firstChild;
  const { tr } = state;
  if (first.type.name !== "caption") tr.insert(table.pos + 1, state.schema.nodes.caption.create());
  return tr.setSelection(TextSelection.create(tr.doc, table.pos + 2 + (first.type.name === "caption" ? first.content.size : 0)));
}

const DEEDS = {
  rowBefore: (state) => addRow(state, -1),
  rowAfter: (state) => addRow(state, 1),
  columnBefore: (state) => addColumn(state, -1),
  columnAfter: (state) => addColumn(state, 1),
  headRow,
  headColumn,
  caption,
  deleteRow,
  deleteColumn,
  deleteTable: (state) => deleteTable(state, place(state) ?? { table: around(state.selection, "table") }),
};

export function tableDeed({ view }, name) {
  const { state } = view;
  if (!place(state) && !["caption", "deleteTable"].includes(name)) return;
  view.dispatch(DEEDS[name](state).scrollIntoView());
  view.focus();
}

export function insertTable({ view, schema }, { rows: count, columns, head }) {
  const { table, thead, tbody, tr: row, th, td } = schema.nodes;
  const line = (type, attrs) => row.create(null, Array.from({ length: columns }, () => type.createAndFill(attrs)));
  const parts = [];
  if (head) parts.push(thead.create(null, line(th, { scope: "col" })));
  const rest = Array.from({ length: count - (head ? 1 : 0) }, () => line(td, null));
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

function toCell(editor, side) {
  const { state, view } = editor;
  const here = place(state);
  if (!here) return false;
  const cells = rows(state.doc, here.table.pos).flatMap((row) => row.cells);
  const index = cells.findIndex(({ pos }) => pos === here.cell.pos) + side;
  if (index < 0) return true;
  let { tr } = state;
  let target = cells[index]?.pos;
  if (target === undefined) {
    tr = addRow(state, 1);
    target = rows(tr.doc, here.table.pos).at(-1).cells[0].pos;
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
    const inList = () => around(editor.state.selection, "listItem") !== null;
    return {
      Tab: () => toCell(editor, 1) || (inList() && (editor.commands.sinkListItem("listItem") || true)),
      "Shift-Tab": () => toCell(editor, -1) || (inList() && (editor.commands.liftListItem("listItem") || true)),
    };
  },
});
