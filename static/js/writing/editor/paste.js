/* Pasting: our own HTML is inserted as it is, with its notes; other HTML is cleaned by the server first. Until then,
   what is saved of the text contains it as the browser parses it. Markdown is inserted as text, which the server's
   HTML then replaces; undoing that leaves the text. A title pasted into an empty text moves to the empty title field,
   as an undo step of its own. */

import { Extension, pm } from "django-prose-editor/editor";
import { carryNotes, gatherNotes } from "./notes.js";
import { PastedTitle } from "./pasted-title.js";
import { extractImages, placeImages } from "./pasted-images.js";

const { Plugin, PluginKey, TextSelection } = pm.state;
const { DOMSerializer, DOMParser: Reader, Slice } = pm.model;
const { Decoration, DecorationSet } = pm.view;
const OWN_HTML = "data-rejoinder";
const ADDRESS = /^(?:https?:\/\/|mailto:)\S+$/i;
const SLOW_MS = 3000;
const TIMEOUT_MS = 20_000;
const key = new PluginKey("paste");

class ClipboardSerializer extends DOMSerializer {
  constructor(schema, editor, stored) {
    super(DOMSerializer.nodesFromSchema(schema), DOMSerializer.marksFromSchema(schema));
    this.editor = editor;
    this.stored = stored;
  }

  serializeFragment(fragment, options, target) {
    const result = super.serializeFragment(fragment, options, target);
    if (result.querySelectorAll) {
      carryNotes(this.editor.state.doc, result, this.stored);
      result.firstElementChild?.setAttribute(OWN_HTML, "");
    }
    return result;
  }
}

/* Remove styles and scripts before parsing: the page's security policy would log an error for each. */
const INLINE = /<(style|script)\b[\s\S]*?<\/\1\s*>|\s(?:style|on[a-z]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi;
const removeInline = (html) => html.replace(INLINE, "");

const imageFiles = (data) => [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));

function hasText(html) {
  const { body } = new DOMParser().parseFromString(removeInline(html), "text/html");
  return body.textContent.trim() !== "";
}

function offerFiles(root, files, position) {
  const event = new CustomEvent("essay-image-files", { bubbles: true, cancelable: true, detail: { files, position } });
  return !root.dispatchEvent(event);
}

/* Whether a plain text is written in Markdown; one sign alone, such as a hyphen before a line, is not enough. */
const MARKDOWN = [
  /^#{1,6} \S.*$/m,
  /^(?:```|~~~)/m,
  /^\[\^[^\]\s]+\]:/m,
  /\[[^\]\n]+\]\((?:https?:|mailto:|[/#.])[^)\s]*\)/,
  /^\|.+\|[ \t]*\n\|?[ :|-]+\|/m,
  /\*\*[^\s*](?:[^*\n]*[^\s*])?\*\*/,
  /^> \S/m,
  /^(?:[-*+]|\d+[.)]) \S.*\n+(?:[-*+]|\d+[.)]) \S/m,
];
const FORMATTED = /<(?:p|h[1-6]|li|a|b|i|strong|em|table|blockquote|img)\b/i;
const isMarkdown = (text, html) => !FORMATTED.test(html) && MARKDOWN.some((sign) => sign.test(text));

/* Blocks replace an empty block; otherwise the first and the last of them merge with the text around them. */
function insertSlice(tr, from, to, slice) {
  const $from = tr.doc.resolve(from);
  const content = Slice.maxOpen(slice.content, true);
  const isEmpty = from === to && $from.depth > 0 && $from.parent.isTextblock && !$from.parent.content.size;
  if (isEmpty && slice.content.firstChild?.isBlock) {
    const parent = $from.node(-1);
    const index = $from.index(-1);
    if (parent.canReplace(index, index + 1, slice.content)) {
      tr.replaceWith($from.before(), $from.after(), slice.content);
      return tr.setSelection(TextSelection.near(tr.doc.resolve(tr.mapping.map(to)), -1));
    }
  }
  tr.replaceRange(from, to, content);
  return tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(tr.mapping.map(to), tr.doc.content.size)), -1));
}

function parseSlice(schema, html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  gatherNotes(body);
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentElement.closest("pre")) text.data = text.data.replace(/\n/g, " ");
  }
  return Reader.fromSchema(schema).parseSlice(body, { preserveWhitespace: "full" });
}

/* Start an undo step of its own, from the selection that is there now, even if it was made just before. */
function startUndoStep(view) {
  view.domObserver?.flush?.();
  view.dispatch(pm.history.closeHistory(view.state.tr));
  return false;
}

/* An address alone becomes a link: of the words it is pasted over, or of itself. */
function pasteAddress(view, data, from, to) {
  const href = data?.getData("text/plain").trim() ?? "";
  const { state } = view;
  const $from = state.doc.resolve(from);
  const words = from < to && $from.sameParent(state.doc.resolve(to)) ? state.doc.textBetween(from, to) : "";
  if (!ADDRESS.test(href) || (from < to && !words) || !$from.parent.isTextblock || $from.parent.type.spec.code) return false;
  const { tr } = state;
  if (!words) tr.insertText(href, from);
  const mark = state.schema.marks.a.create({ href });
  const end = words ? to : from + href.length;
  tr.removeMark(from, end, mark.type).addMark(from, end, mark).removeStoredMark(mark.type);
  view.dispatch(tr.setSelection(TextSelection.create(tr.doc, end)).scrollIntoView().setMeta("paste", true));
  startUndoStep(view);
  return true;
}

async function requestCleanup(address, source, type = "text/html") {
  try {
    const response = await fetch(address, {
      method: "POST",
      body: source,
      headers: { "Content-Type": type },
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok || response.status === 413) return await response.json();
    if (response.type === "opaqueredirect" || response.status === 403) return { failed: "loggedOut" };
  } catch {
    // reported below
  }
  return { failed: "away" };
}

/* The document including pastes that the server has not answered yet. */
export function withPasted(state) {
  const pending = key.getState(state) ?? [];
  if (!pending.length) return state.doc;
  const { tr } = state;
  for (const { id, from, to } of pending.filter((each) => !each.id.isText)) {
    id.slice ??= parseSlice(state.schema, placeImages(removeInline(id.html), id.prefix ?? "data:", []).html);
    insertSlice(tr, tr.mapping.map(from, 1), tr.mapping.map(to, 1), id.slice);
  }
  return state.apply(tr).doc;
}

class PasteHandler {
  constructor({ editor, root, address, status, onPending }) {
    Object.assign(this, { editor, root, address, status, onPending });
    this.title = new PastedTitle(editor, root.querySelector("textarea"));
  }

  /* Ask the page to upload a picture, by its file or address; without a listener there is none. */
  upload(source, alt) {
    const detail = { source, alt, result: null };
    this.root.dispatchEvent(new CustomEvent("essay-upload-image", { bubbles: true, detail }));
    return detail.result ?? {};
  }

  async insertCleaned(source, { from, to }, files) {
    const { view } = this.editor;
    const id = { html: source };
    const cleanup = this.title.isWanted() ? `${this.address}?title` : this.address;
    view.dispatch(view.state.tr.setMeta(key, { id, from, to }));
    this.showMessage(this.status.dataset.waits);
    this.root.setAttribute("aria-busy", "true");
    this.onPending();
    const slowTimer = setTimeout(() => this.showMessage(this.status.dataset.slow), SLOW_MS);
    const { html, prefix, upload } = await extractImages(source, files, (image, alt) => this.upload(image, alt));
    Object.assign(id, { html, prefix, slice: undefined });
    const [answer, images] = await Promise.all([requestCleanup(cleanup, html), upload()]);
    clearTimeout(slowTimer);
    this.root.removeAttribute("aria-busy");
    const { state } = view;
    const range = key.getState(state).find((each) => each.id === id);
    const tr = pm.history.closeHistory(state.tr).setMeta(key, { gone: id });
    if (answer.why) {
      view.dispatch(tr);
      this.onPending();
      this.showMessage(`${this.status.dataset.large} ${answer.why}`);
      return;
    }
    const { selection } = state;
    const content = placeImages(answer.failed ? removeInline(html) : this.title.asHtml(answer) + answer.html, prefix, images);
    insertSlice(tr, range.from, range.to, parseSlice(state.schema, content.html));
    if (selection.from === range.from && selection.to === range.to) tr.scrollIntoView();
    else tr.setSelection(selection.map(tr.doc, tr.mapping)); // the author kept typing
    view.dispatch(tr.setMeta("paste", true).setMeta("uiEvent", "paste"));
    startUndoStep(view);
    const isMoved = this.title.move(answer) && !startUndoStep(view);
    this.report({ ...answer, isMoved }, content.missing.map((why) => why || this.status.dataset.noPicture));
  }

  /* Insert Markdown as text, and replace it by what it means when the server has answered. */
  async insertMarkdown(text) {
    const { view } = this.editor;
    const { from } = view.state.selection;
    const cleanup = this.title.isWanted() ? `${this.address}?title` : this.address;
    view.pasteText(text);
    const id = { isText: true };
    view.dispatch(pm.history.closeHistory(view.state.tr).setMeta(key, { id, from, to: view.state.selection.to }));
    const answer = await requestCleanup(cleanup, text, "text/markdown");
    const { state } = view;
    const range = key.getState(state).find((each) => each.id === id);
    const tr = pm.history.closeHistory(state.tr).setMeta(key, { gone: id });
    if (!answer.html && !answer.title) {
      view.dispatch(tr);
      return;
    }
    const [$from, $to] = [state.doc.resolve(range.from), state.doc.resolve(range.to)];
    const isWhole = $from.parentOffset === 0 && $to.parentOffset === $to.parent.content.size && $from.depth === 1 && $to.depth === 1;
    const slice = parseSlice(state.schema, this.title.asHtml(answer) + answer.html);
    const isAtEnd = state.selection.from === range.to;
    if (isWhole) tr.replaceWith($from.before(), $to.after(), slice.content);
    else tr.replaceRange(range.from, range.to, Slice.maxOpen(slice.content, true));
    if (isAtEnd) tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(tr.mapping.map(range.to), tr.doc.content.size)), -1)).scrollIntoView();
    view.dispatch(tr.setMeta("paste", true));
    startUndoStep(view);
    const isMoved = this.title.move(answer) && !startUndoStep(view);
    this.report({ ...answer, isMoved }, []);
    this.offerText(isMoved ? 2 : 1);
  }

  /* Offer to go back to the text, by so many undo steps, until something else is changed. */
  offerText(steps) {
    const { doc } = this.editor.state;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: this.status.dataset.keep });
    button.addEventListener("click", () => {
      if (this.editor.state.doc.eq(doc)) for (let step = 0; step < steps; step++) this.editor.commands.undo();
      this.showMessage("");
      this.editor.view.focus();
    });
    this.status.prepend(`${this.status.dataset.markdown} `, button, " ");
    const forget = () => {
      if (!button.isConnected) this.editor.off("update", forget);
      else if (!this.editor.state.doc.eq(doc)) this.showMessage("");
    };
    this.editor.on("update", forget);
  }

  report(result, missing) {
    const answer = result.failed ? { lost: missing, changed: [] } : { ...result, lost: [...result.lost, ...missing] };
    this.showMessage(this.status.dataset[result.failed ?? (result.isMoved ? "titled" : "")] ?? "");
    for (const kind of ["lost", "changed"]) {
      if (!answer[kind].length) continue;
      const list = document.createElement("ul");
      list.append(...answer[kind].map((text) => Object.assign(document.createElement("li"), { textContent: text })));
      this.status.append(` ${this.status.dataset[kind]}`, list);
    }
  }

  showMessage(text) {
    this.status.replaceChildren(text);
  }
}

export const Paste = Extension.create({
  name: "paste-cleanup",
  addOptions: () => ({ root: null, address: "", status: null, stored: null, onPending: () => {} }),
  addStorage: () => ({ title: null }),
  onTransaction({ transaction }) {
    this.storage.title?.follow(transaction);
  },
  addProseMirrorPlugins() {
    const { root, address, status, stored, onPending } = this.options;
    const pasting = new PasteHandler({ editor: this.editor, root, address, status, onPending });
    this.storage.title = pasting.title;
    const handle = (view, event, data, html, { from, to }) => {
      if (pasteAddress(view, data, from, to)) return true;
      const text = data?.getData("text/plain") ?? "";
      const isPlain = view.input.shiftKey && view.input.lastKeyCode !== 45; // Ctrl+Shift+V, not Shift+Insert
      if (event.type === "paste" && !isPlain && isMarkdown(text, html) && !view.state.doc.resolve(from).parent.type.spec.code) {
        event.preventDefault();
        void pasting.insertMarkdown(text);
        return true;
      }
      const files = imageFiles(data);
      const isOffered = files.length > 0 && !hasText(html) && offerFiles(root, files, from);
      const isForeign = html && !html.includes(OWN_HTML) && !view.state.doc.resolve(from).parent.type.spec.code;
      if (!isOffered && !isForeign) return false;
      event.preventDefault();
      if (!isOffered) void pasting.insertCleaned(html, { from, to }, files);
      return true;
    };
    return [
      new Plugin({
        key,
        state: {
          init: () => [],
          apply(tr, pending) {
            const meta = tr.getMeta(key);
            let ranges = pending;
            if (tr.docChanged) {
              // text typed while waiting goes after the paste, and so do later pastes
              const first = meta?.gone ? ranges.findIndex(({ id }) => id === meta.gone) : ranges.length;
              const mapped = (position, index) => tr.mapping.map(position, index > first ? 1 : -1);
              ranges = ranges.map(({ id, from, to }, index) => ({ id, from: mapped(from, index), to: mapped(to, index) }));
            }
            if (meta?.gone) return ranges.filter(({ id }) => id !== meta.gone);
            return meta ? [...ranges, meta] : ranges;
          },
        },
        props: {
          decorations(state) {
            const pending = key.getState(state);
            if (!pending.length) return null;
            const marker = () => Object.assign(document.createElement("span"), { className: "pasting", textContent: "…" });
            return DecorationSet.create(state.doc, pending.map(({ to }) => Decoration.widget(to, marker, { side: -1 })));
          },
          clipboardSerializer: new ClipboardSerializer(this.editor.schema, this.editor, stored),
          transformPastedHTML: removeInline,
          handlePaste(view, event, slice) {
            if (!event.clipboardData?.getData("text/html").includes(OWN_HTML)) return false;
            const { state } = view;
            const node = slice.openStart || slice.openEnd || slice.content.childCount !== 1 ? null : slice.content.firstChild;
            const tr = node ? state.tr.replaceSelectionWith(node, false) : state.tr.replaceSelection(slice);
            view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
            startUndoStep(view);
            return true;
          },
          handleDOMEvents: {
            cut: startUndoStep,
            copy: startUndoStep,
            paste(view, event) {
              startUndoStep(view);
              const html = event.clipboardData?.getData("text/html") ?? "";
              if (!handle(view, event, event.clipboardData, html, view.state.selection)) return false;
              event.preventDefault();
              return true;
            },
            drop(view, event) {
              const range = view.posAtCoords({ left: event.clientX, top: event.clientY });
              if (view.dragging || !range) return false;
              const html = event.dataTransfer?.getData("text/html") ?? "";
              return handle(view, event, event.dataTransfer, html, { from: range.pos, to: range.pos });
            },
          },
        },
      }),
    ];
  },
});
