/* Markdown while typing: `**strong**`, `*emphasis*`, `code`, ~~struck~~, [words](address), `---` for a divider and
   ``` for code; and addresses become links. Each change is an undo step of its own, which leaves what was typed. */

import { Extension, pm } from "django-prose-editor/editor";
import { isInFormula, languageClass } from "./code-blocks.js";

const { Plugin, TextSelection } = pm.state;
const LONGEST = 1000;
const ADDRESS = /(?:^|[\s(\u201c\u2018])((?:https?:\/\/|www\.)[^\s<>"\ufffc]*[^\s<>"\ufffc.,;:!?)\u201d\u2019])([.,;:!?)\u201d\u2019]*)$/u;
const SAFE_ADDRESS = /^(?:https?:\/\/|mailto:|[/#?])\S+$/i;

/* By the last sign typed: what the text before it must be, with the words in its last group. */
const PAIRS = {
  "*": [
    ["strong", /(?<!\*)\*\*([^\s*](?:[^*]*[^\s*])?)\*\*$/u],
    ["em", /(?<![*\p{L}\p{N}])\*([^\s*](?:[^*]*[^\s*])?)\*$/u],
  ],
  "`": [["code", /(?<!`)`([^`]+)`$/u]],
  "~": [["s", /(?<!~)~~([^\s~](?:[^~]*[^\s~])?)~~$/u]],
};
const ENDS = new Set([...Object.keys(PAIRS), ")", " ", "-"]); // other signs are typed too often to look back
const LINK = /(?<!!)\[([^[\]]+)\]\(([^()\s]+(?:\([^()\s]*\))?)\)$/u;

const isCode = ($pos, stored) =>
  $pos.parent.type.spec.code || (stored ?? $pos.marks()).some(({ type }) => ["code", "kbd", "samp", "var"].includes(type.name));

function textBefore($from) {
  return $from.parent.textBetween(Math.max(0, $from.parentOffset - LONGEST), $from.parentOffset, null, "\ufffc");
}

/* Insert the typed sign, and return a transaction that is undone without it. */
function insertTyped(view, from, to, typed) {
  view.dispatch(view.state.tr.insertText(typed, from, to));
  return pm.history.closeHistory(view.state.tr);
}

/* Replace the text from `start` to `end` by the words in it that begin at `at`, with a mark. */
function markWords(tr, { start, end, at, length, mark }) {
  tr.delete(at + length, end).delete(start, at);
  tr.addMark(start, start + length, mark);
  return tr.removeStoredMark(mark.type);
}

function markPair(view, from, to, typed) {
  const { schema } = view.state;
  const text = textBefore(view.state.doc.resolve(from)) + typed;
  for (const [name, pattern] of PAIRS[typed] ?? []) {
    const [whole, words] = pattern.exec(text) ?? [];
    if (!whole || !schema.marks[name]) continue;
    const tr = insertTyped(view, from, to, typed);
    const end = from + typed.length;
    const start = end - whole.length;
    const at = start + whole.indexOf(words);
    view.dispatch(markWords(tr, { start, end, at, length: words.length, mark: schema.marks[name].create() }));
    return true;
  }
  return false;
}

function makeLink(view, from, to, typed) {
  if (typed !== ")") return false;
  const [whole, words, href] = LINK.exec(textBefore(view.state.doc.resolve(from)) + typed) ?? [];
  if (!whole || !SAFE_ADDRESS.test(href)) return false;
  const tr = insertTyped(view, from, to, typed);
  const end = from + typed.length;
  const mark = view.state.schema.marks.a.create({ href });
  view.dispatch(markWords(tr, { start: end - whole.length, end, at: end - whole.length + 1, length: words.length, mark }));
  return true;
}

/* A bare address before a space, or at the end of a paragraph, becomes a link; returns a transaction for it. */
function linkAddress(state, tr, at) {
  const $at = state.doc.resolve(at);
  const [, address, after] = ADDRESS.exec(textBefore($at)) ?? [];
  const { a } = state.schema.marks;
  if (!address || address.length < 8) return null;
  const end = at - after.length;
  const start = end - address.length;
  if (state.doc.rangeHasMark(start, end, a)) return null;
  const href = address.startsWith("www.") ? `https://${address}` : address;
  return tr.addMark(start, end, a.create({ href })).removeStoredMark(a);
}

function typeAfterAddress(view, from, to, typed) {
  if (typed !== " " || !linkAddress(view.state, view.state.tr, from)) return false;
  const tr = insertTyped(view, from, to, typed);
  view.dispatch(linkAddress(view.state, tr, from));
  return true;
}

/* The third hyphen of a paragraph's first three, of which the first two have become a dash. */
function makeDivider(view, from, to, typed) {
  const { schema } = view.state;
  const $from = view.state.doc.resolve(from);
  const isFirst = $from.parent.type.name === "paragraph" && ["–", "--"].includes($from.parent.textContent) && $from.parentOffset === $from.parent.content.size;
  const index = $from.depth && $from.index(-1);
  if (typed !== "-" || !isFirst || !$from.node(-1).canReplaceWith(index, index, schema.nodes.horizontalRule)) return false;
  const tr = insertTyped(view, from, to, typed);
  const start = $from.before();
  tr.delete($from.start(), from + typed.length).insert(start, schema.nodes.horizontalRule.create());
  view.dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(start + 1))));
  return true;
}

/* Enter after an address, and after three backticks with the language of the code. */
function enter(editor) {
  const { state, view } = editor;
  const { $from, empty } = state.selection;
  if (!empty || isCode($from, state.storedMarks)) return false;
  const tr = linkAddress(state, pm.history.closeHistory(state.tr), $from.pos);
  if (tr) {
    view.dispatch(tr);
    return false;
  }
  const [, language] = ($from.parent.type.name === "paragraph" && /^```(\S*)$/.exec($from.parent.textContent)) || [];
  if (language === undefined) return false;
  view.dispatch(pm.history.closeHistory(state.tr).delete($from.start(), $from.end()));
  return editor.commands.setNode("codeBlock", { class: languageClass(language) });
}

export const Markdown = Extension.create({
  name: "markdown",
  priority: 950, // before the rules for quotes and dashes
  addOptions: () => ({ formulas: false }),
  addProseMirrorPlugins() {
    const { formulas } = this.options;
    return [
      new Plugin({
        props: {
          handleTextInput(view, from, to, typed) {
            if (!ENDS.has(typed)) return false;
            const $from = view.state.doc.resolve(from);
            const hasOpenCode = typed !== "`" && textBefore($from).split("`").length % 2 === 0;
            if (hasOpenCode || isCode($from, view.state.storedMarks)) return false;
            if (formulas && isInFormula(textBefore($from))) return false;
            return [markPair, makeLink, typeAfterAddress, makeDivider].some((rule) => rule(view, from, to, typed));
          },
        },
      }),
    ];
  },
  addKeyboardShortcuts() {
    return { Enter: () => enter(this.editor) };
  },
});
