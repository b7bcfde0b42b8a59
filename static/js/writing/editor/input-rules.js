/* Input rules: typographic quotes and dashes by language, Markdown at the start of a line, and `[^` for a note. */

import { Extension, pm } from "django-prose-editor/editor";
import { findAncestor, setHeading, toggleList } from "./blocks.js";
import { isInFormula } from "./code-blocks.js";
import { insertNote } from "./notes.js";

const { Plugin, PluginKey, TextSelection } = pm.state;
const NNBSP = "\u202f";
const ENGLISH = { double: ["“", "”"], single: ["‘", "’"] };
const GERMAN = { double: ["„", "“"], single: ["‚", "‘"] };
const FRENCH = { double: [`«${NNBSP}`, `${NNBSP}»`], single: ["‘", "’"] };
const HIGH = { double: ["”", "”"], single: ["’", "’"] };
const LOW_HIGH = { double: ["„", "”"], single: ["‚", "’"] };
const ANGLES = { double: ["«", "»"], single: ["“", "”"] };
const QUOTES = {
  en: ENGLISH, de: GERMAN, fr: FRENCH, it: ANGLES, es: ANGLES, pt: ENGLISH, "pt-pt": ANGLES, nl: ENGLISH, da: { double: ["»", "«"], single: ["›", "‹"] },
  sv: HIGH, fi: HIGH, nb: ANGLES, nn: ANGLES, no: ANGLES, pl: LOW_HIGH, hu: LOW_HIGH, ro: LOW_HIGH, cs: GERMAN, sk: GERMAN, sl: GERMAN,
  hr: LOW_HIGH, bg: GERMAN, et: GERMAN, lt: GERMAN, is: GERMAN, ru: { double: ["«", "»"], single: ["„", "“"] }, uk: { double: ["«", "»"], single: ["„", "“"] },
  el: ANGLES, "de-ch": { double: ["«", "»"], single: ["‹", "›"] }, "fr-ch": { double: [`«${NNBSP}`, `${NNBSP}»`], single: ["‹", "›"] },
  ja: { double: ["「", "」"], single: ["『", "』"] }, "zh-hant": { double: ["「", "」"], single: ["『", "』"] },
};
const OPENS_AFTER = /^$|[\s([{\u2013\u2014/\u00a0\u202f“‘„‚«‹「『¿¡-]$/u;
const SHORTENED_ENDS = /^[\s.,;:!?)"'\u2013-]$/u;
const CODE_MARKS = ["code", "kbd", "samp", "var"];

function quotesOf(language) {
  const lower = language.toLowerCase();
  return QUOTES[lower] ?? QUOTES[lower.split("-")[0]] ?? ENGLISH;
}

/* The language at a position: that of the passage, of the blocks around it, or of the essay. */
function languageAt($pos, essay) {
  const span = $pos.marks().find(({ attrs }) => attrs.lang);
  if (span) return span.attrs.lang;
  for (let depth = $pos.depth; depth > 0; depth -= 1) if ($pos.node(depth).attrs.lang) return $pos.node(depth).attrs.lang;
  return essay;
}

/* Words that begin with an apostrophe, before the sign that ends them: ’tis, ’em, the ’90s, rock ’n’ roll. */
const SHORTENED = /(?:^|[\s(\u2013\u2014\u201c-])‘((?:t(?:is|was|were|will)|em|cause|til|bout|round|n)|\d\ds?)$/iu;

/* How many characters before the cursor are deleted, and what replaces them and the typed one. */
function replacementFor(before, typed, language) {
  const last = before.at(-1) ?? "";
  if (typed === '"') return [0, quotesOf(language).double[OPENS_AFTER.test(last) ? 0 : 1]];
  const [, shortened] = (SHORTENED_ENDS.test(typed) && quotesOf(language).single[0] === "‘" && SHORTENED.exec(before)) || [];
  if (shortened && (typed !== "'" || shortened === "n")) return [shortened.length + 1, `’${shortened}${typed === "'" ? "’" : typed}`];
  if (typed === "'") {
    const opens = OPENS_AFTER.test(last) && last !== "-";
    return [0, opens ? quotesOf(language).single[0] : /[\p{L}\p{N}]/u.test(last) && !hasOpenSingle(before, language) ? "’" : quotesOf(language).single[1]];
  }
  if (typed === "-" && last === "-" && before.at(-2) !== "-") return [1, "–"];
  if (typed === "-" && last === "–") return [1, "—"];
  if (typed === "." && before.endsWith("..") && !before.endsWith("...")) return [2, "…"];
  return null;
}

function hasOpenSingle(before, language) {
  const [start, end] = quotesOf(language).single;
  return before.lastIndexOf(start) > before.lastIndexOf(end);
}

const key = new PluginKey("typed");

function typography(essay, formulas) {
  return new Plugin({
    key,
    state: {
      init: () => null,
      apply: (tr, last) => tr.getMeta(key) ?? (tr.docChanged || tr.selectionSet ? null : last),
    },
    props: {
      handleTextInput(view, from, to, typed) {
        if (!SHORTENED_ENDS.test(typed) && !'"\'-.'.includes(typed)) return false;
        const { state } = view;
        const $from = state.doc.resolve(from);
        if ($from.parent.type.spec.code || (state.storedMarks ?? $from.marks()).some(({ type }) => CODE_MARKS.includes(type.name))) return false;
        const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 80), $from.parentOffset, null, "\ufffc");
        if (formulas && isInFormula($from.parent.textBetween(0, $from.parentOffset, null, "\ufffc"))) return false;
        const found = replacementFor(before, typed, languageAt($from, essay()));
        if (!found) return false;
        const [deleteCount, text] = found;
        view.dispatch(state.tr.insertText(typed, from, to));
        const plain = before.slice(before.length - deleteCount) + typed;
        const start = from - deleteCount;
        const tr = pm.history.closeHistory(view.state.tr).insertText(text, start, from + 1);
        view.dispatch(tr.setMeta(key, { start, end: start + text.length, plain }));
        return true;
      },
      handleKeyDown(view, event) {
        const last = key.getState(view.state);
        if (event.key !== "Backspace" || !last || event.ctrlKey || event.metaKey || event.altKey) return false;
        view.dispatch(view.state.tr.insertText(last.plain, last.start, last.end).setMeta(key, null));
        return true;
      },
    },
  });
}

const LINE_STARTS = {
  "##": (editor) => setHeading(editor, 2),
  "###": (editor) => setHeading(editor, 3),
  "####": (editor) => setHeading(editor, 4),
  "-": (editor) => toggleList(editor, "bulletList"),
  "*": (editor) => toggleList(editor, "bulletList"),
  "1.": (editor) => toggleList(editor, "orderedList"),
  ">": (editor) => editor.chain().wrapIn("blockquote").run(),
  "```": (editor) => editor.chain().setNode("codeBlock").run(),
};

function lineStarts(editor) {
  return new Plugin({
    props: {
      handleTextInput(view, from, to, typed) {
        if (typed !== " " && typed !== "^") return false;
        const $from = view.state.doc.resolve(from);
        if ($from.parent.type.spec.code) return false;
        const before = $from.parent.textBetween(Math.max(0, $from.parentOffset - 5), $from.parentOffset, null, "\ufffc");
        if (typed === "^") {
          if (!before.endsWith("[") || findAncestor(view.state.selection, "note")) return false;
          view.dispatch(view.state.tr.insertText("^", from, to));
          view.dispatch(pm.history.closeHistory(view.state.tr).delete(from - 1, from + 1));
          return insertNote(editor);
        }
        const command = $from.parent.type.name === "paragraph" && before.length === $from.parentOffset && LINE_STARTS[before];
        if (!command) return false;
        view.dispatch(view.state.tr.insertText(" ", from, to));
        const tr = pm.history.closeHistory(view.state.tr).delete($from.start(), from + 1);
        view.dispatch(tr.setSelection(TextSelection.create(tr.doc, $from.start())));
        command(editor);
        return true;
      },
    },
  });
}

export const InputRules = Extension.create({
  name: "inputRules",
  priority: 900,
  addOptions: () => ({ language: () => "en", formulas: false }),
  addProseMirrorPlugins() {
    return [typography(this.options.language, this.options.formulas), lineStarts(this.editor)];
  },
});
