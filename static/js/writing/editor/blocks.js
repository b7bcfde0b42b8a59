/* Commands for blocks: headings, quotes, lists and figures; keeps text outside paragraphs valid. */

import { Extension, pm } from "django-prose-editor/editor";

const { Plugin, TextSelection } = pm.state;
const { Fragment } = pm.model;
const NO_LINES = ["doc", "blockquote", "endnotes"];

export const findAncestor = ({ $from }, ...names) => {
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    if (names.includes($from.node(depth).type.name)) return { node: $from.node(depth), pos: $from.before(depth), depth };
  }
  return null;
};

/* Turn lines into paragraphs where only paragraphs are allowed, or where two lines follow each other. */
function normalizeLines(transactions, state) {
  const { paragraph } = state.schema.nodes;
  const positions = new Set();
  const visit = (node, pos, parent, index) => {
    if (node.type.name !== "line") return;
    const next = index + 1 < parent.childCount && parent.child(index + 1);
    const previous = index > 0 && parent.child(index - 1);
    if (NO_LINES.includes(parent.type.name) || [next, previous].some((each) => each && each.type.name === "line")) positions.add(pos);
  };
  for (const [index, transaction] of transactions.entries()) {
    transaction.steps.forEach((step, each) => {
      step.getMap().forEach((_from, _to, from, to) => {
        const mapForward = (pos, side) => transactions.slice(index + 1).reduce((sum, other) => other.mapping.map(sum, side), transaction.mapping.slice(each + 1).map(pos, side));
        const [start, end] = [Math.max(0, mapForward(from, -1) - 1), Math.min(state.doc.content.size, mapForward(to, 1) + 1)];
        state.doc.nodesBetween(start, end, visit);
      });
    });
  }
  if (!positions.size) return null;
  const { tr } = state;
  for (const pos of positions) tr.setNodeMarkup(pos, paragraph);
  return tr;
}

/* Turn the paragraph of a new list item into a line: a single one is stored without <p>. */
const unwrapItems = ({ tr, state }) => {
  const { from, to } = tr.selection;
  tr.doc.nodesBetween(from, to, (node, pos) => {
    if (node.type.name !== "listItem") return;
    const first = node.firstChild;
    const isAlone = node.childCount === 1 || node.child(1).type.spec.group?.includes("list");
    if (first?.type.name === "paragraph" && isAlone && first.attrs.dir === null && first.attrs.lang === null) {
      tr.setNodeMarkup(pos + 1, state.schema.nodes.line);
    }
  });
  return true;
};

export const toggleList = (editor, name) => editor.chain().focus().toggleList(name, "listItem").command(unwrapItems).run();

export function setHeading(editor, level) {
  const chain = editor.chain().focus();
  return (editor.isActive("heading", { level }) ? chain.setNode("paragraph") : chain.setNode("heading", { level })).run();
}

export function setParagraph(editor) {
  const { selection } = editor.state;
  if (findAncestor(selection, "listItem")) return editor.chain().focus().liftListItem("listItem").run();
  return editor.chain().focus().setNode("paragraph").run();
}

/* Make a quotation a pull quote, or wrap the paragraph in one; the other way round if it is one. */
export function togglePullQuote(editor) {
  const chain = editor.chain().focus();
  if (editor.isActive("blockquote", { class: "pull" })) return chain.lift("blockquote").run();
  if (!editor.isActive("blockquote")) chain.wrapIn("blockquote");
  return chain.updateAttributes("blockquote", { class: "pull" }).run();
}

export function insertRule(editor) {
  const { state } = editor;
  const { horizontalRule, paragraph } = state.schema.nodes;
  const tr = state.tr.replaceSelectionWith(horizontalRule.create());
  const after = tr.doc.resolve(tr.mapping.map(state.selection.to));
  if (!after.nodeAfter && after.depth === 0) tr.insert(after.pos, paragraph.create());
  editor.view.dispatch(tr.scrollIntoView());
  editor.view.focus();
}

/* `position`: where in the document; otherwise the selection is replaced. */
export function insertFigure(editor, { src, alt = "", caption = "", width, height, wide, position }) {
  const { figure, figcaption, line, image } = editor.schema.nodes;
  const size = { width: width ? String(width) : null, height: height ? String(height) : null };
  const parts = [line.create(null, image.create({ src, alt, ...size }))];
  if (caption) parts.push(figcaption.create(null, line.create(null, editor.schema.text(caption))));
  const created = figure.create({ class: wide ? "wide" : null }, parts);
  const { state, view } = editor;
  const tr = pm.history.closeHistory(state.tr);
  if (position === undefined) tr.replaceSelectionWith(created);
  else tr.insert(pm.transform.insertPoint(tr.doc, position, figure) ?? tr.doc.resolve(position).after(1), created);
  view.dispatch(tr.scrollIntoView());
}

/* The figure at the cursor, with the picture and the caption that its dialog edits. */
export function figureAt(state) {
  const found = state.selection.node?.type.name === "figure"
    ? { node: state.selection.node, pos: state.selection.from }
    : findAncestor(state.selection, "figure");
  if (!found) return null;
  let picture = null;
  let caption = null;
  found.node.descendants((node, pos) => {
    const inside = { node, pos: found.pos + 1 + pos };
    if (node.type.name === "image") picture ??= inside;
    if (node.type.name === "figcaption") caption ??= inside;
  });
  return picture && { ...found, picture, caption };
}

export function changeFigure(editor, { src, alt, caption, wide }) {
  const { state, view, schema } = editor;
  const found = figureAt(state);
  const { figcaption, line } = schema.nodes;
  const { tr } = state;
  const old = found.picture.node.attrs;
  const size = old.src === src ? {} : { width: null, height: null };
  if (caption !== (found.caption?.node.textContent ?? "")) {
    const created = caption ? figcaption.create(null, line.create(null, schema.text(caption))) : null;
    if (found.caption) tr.replaceWith(found.caption.pos, found.caption.pos + found.caption.node.nodeSize, created ?? Fragment.empty);
    else tr.insert(found.pos + found.node.nodeSize - 1, created);
  }
  tr.setNodeMarkup(tr.mapping.map(found.picture.pos), null, { ...old, ...size, src, alt }, found.picture.node.marks);
  tr.setNodeMarkup(found.pos, null, { ...found.node.attrs, class: wide ? "wide" : null });
  view.dispatch(tr);
}

/* Leave a caption: continue in a new paragraph after its figure or table. */
function leaveCaption(editor) {
  const { state, view } = editor;
  const inside = findAncestor(state.selection, "figcaption", "caption");
  const container = inside && findAncestor(state.selection, "figure", "table");
  if (!container || !state.selection.empty) return false;
  const end = container.pos + container.node.nodeSize;
  const tr = state.tr.insert(end, state.schema.nodes.paragraph.create());
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, end + 1)).scrollIntoView());
  return true;
}

function atStartOfItem({ selection }) {
  const item = selection.empty && findAncestor(selection, "listItem");
  return item && selection.$from.parentOffset === 0 && selection.$from.depth === item.depth + 1 && selection.$from.index(item.depth) === 0;
}

export const Blocks = Extension.create({
  name: "blocks",
  priority: 200,
  addKeyboardShortcuts() {
    const { editor } = this;
    const inCode = () => editor.state.selection.$from.parent.type.spec.code;
    return {
      Enter: () => {
        if (leaveCaption(editor)) return true;
        return findAncestor(editor.state.selection, "listItem") !== null && !inCode() && editor.commands.splitListItem("listItem");
      },
      "Shift-Enter": () => !inCode() && editor.commands.insertContent({ type: "hardBreak" }),
      Backspace: () => Boolean(atStartOfItem(editor.state)) && editor.commands.liftListItem("listItem"),
      "Mod-Alt-0": () => setParagraph(editor),
      "Mod-Alt-2": () => setHeading(editor, 2),
      "Mod-Alt-3": () => setHeading(editor, 3),
      "Mod-Alt-4": () => setHeading(editor, 4),
      "Mod-Shift-7": () => toggleList(editor, "orderedList"),
      "Mod-Shift-8": () => toggleList(editor, "bulletList"),
      "Mod-Shift-b": () => editor.commands.toggleWrap("blockquote"),
      "Mod-b": () => editor.commands.toggleMark("strong"),
      "Mod-i": () => editor.commands.toggleMark("em"),
      "Mod-e": () => editor.commands.toggleMark("code"),
      "Mod-Shift-x": () => editor.commands.toggleMark("s"),
      "Mod-.": () => editor.commands.toggleMark("sup"),
      "Mod-,": () => editor.commands.toggleMark("sub"),
    };
  },
  addProseMirrorPlugins() {
    return [
      new Plugin({
        appendTransaction: (transactions, _before, state) =>
          transactions.some(({ docChanged }) => docChanged) && !transactions.some(pm.history.isHistoryTransaction)
            ? normalizeLines(transactions, state)
            : null,
      }),
    ];
  },
});
