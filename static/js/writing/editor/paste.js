/* What is pasted: our own as it is, with its notes; anything foreign is put in order by the server first.
   While that lasts, what is kept and saved of the text has it already, as the browser reads it. */

import { Extension, pm } from "django-prose-editor/editor";
import { carryNotes, gatherNotes } from "./notes.js";
import { placed, taken } from "./pasted-images.js";

const { Plugin, PluginKey, TextSelection } = pm.state;
const { DOMSerializer, DOMParser: Reader, Slice } = pm.model;
const { Decoration, DecorationSet } = pm.view;
const MINE = "data-rejoinder";
const SLOW = 3000;
const PATIENCE = 20_000;
const key = new PluginKey("paste");

class Copier extends DOMSerializer {
  constructor(schema, editor, stored) {
    super(DOMSerializer.nodesFromSchema(schema), DOMSerializer.marksFromSchema(schema));
    this.editor = editor;
    this.stored = stored;
  }

  serializeFragment(fragment, options, target) {
    const made = super.serializeFragment(fragment, options, target);
    if (made.querySelectorAll) {
      carryNotes(this.editor.state.doc, made, this.stored);
      made.firstElementChild?.setAttribute(MINE, "");
    }
    return made;
  }
}

/* Styles and scripts go before anything reads them: the policy of the page would refuse each of them aloud. */
const INLINE = /<(style|script)\b[\s\S]*?<\/\1\s*>|\s(?:style|on[a-z]+)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+)/gi;
const unstyled = (html) => html.replace(INLINE, "");

const pictures = (data) => [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));

function hasWords(html) {
  const { body } = new DOMParser().parseFromString(unstyled(html), "text/html");
  return body.textContent.trim() !== "";
}

function offer(place, files, position) {
  const told = new CustomEvent("essay-files", { bubbles: true, cancelable: true, detail: { files, position } });
  return !place.dispatchEvent(told);
}

/* Blocks into an empty block take its place; else the first and the last of them go on with what is there. */
function put(tr, from, to, slice) {
  const $from = tr.doc.resolve(from);
  const whole = Slice.maxOpen(slice.content, true);
  const isEmpty = from === to && $from.depth > 0 && $from.parent.isTextblock && !$from.parent.content.size;
  if (isEmpty && slice.content.firstChild?.isBlock) {
    const above = $from.node(-1);
    const index = $from.index(-1);
    if (above.canReplace(index, index + 1, slice.content)) {
      tr.replaceWith($from.before(), $from.after(), slice.content);
      return tr.setSelection(TextSelection.near(tr.doc.resolve(tr.mapping.map(to)), -1));
    }
  }
  tr.replaceRange(from, to, whole);
  return tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(tr.mapping.map(to), tr.doc.content.size)), -1));
}

function sliceOf(schema, html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  gatherNotes(body);
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode;
    if (!words.parentElement.closest("pre")) words.data = words.data.replace(/\n/g, " ");
  }
  return Reader.fromSchema(schema).parseSlice(body, { preserveWhitespace: "full" });
}

/* What comes next is undone by itself; and goes by the selection that is there now, even if it was made just now. */
function apart(view) {
  view.domObserver?.flush?.();
  view.dispatch(pm.history.closeHistory(view.state.tr));
  return false;
}

async function cleaned(address, html) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: html,
      headers: { "Content-Type": "text/html" },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok || answer.status === 413) return await answer.json();
    if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) return { failed: "loggedOut" };
  } catch {
    // said below
  }
  return { failed: "away" };
}

/* The document with what still waits to be put in. */
export function withPasted(state) {
  const waiting = key.getState(state) ?? [];
  if (!waiting.length) return state.doc;
  const { tr } = state;
  for (const { id, from, to } of waiting) {
    id.slice ??= sliceOf(state.schema, placed(unstyled(id.html), id.sign ?? "data:", []).html);
    put(tr, tr.mapping.map(from, 1), tr.mapping.map(to, 1), id.slice);
  }
  return state.apply(tr).doc;
}

class Pasting {
  constructor({ editor, place, address, said, waits }) {
    Object.assign(this, { editor, place, address, said, waits });
  }

  /* A picture, by its file or its address, sent in as any other is; without somebody who takes it there is none. */
  keep(source, alt) {
    const detail = { source, alt, kept: null };
    this.place.dispatchEvent(new CustomEvent("essay-keep", { bubbles: true, detail }));
    return detail.kept ?? {};
  }

  async bring(source, { from, to }, files) {
    const { view } = this.editor;
    const id = { html: source };
    view.dispatch(view.state.tr.setMeta(key, { id, from, to }));
    this.say(this.said.dataset.waits);
    this.place.setAttribute("aria-busy", "true");
    this.waits();
    const slow = setTimeout(() => this.say(this.said.dataset.slow), SLOW);
    const { html, sign, kept } = await taken(source, files, (picture, alt) => this.keep(picture, alt));
    Object.assign(id, { html, sign, slice: undefined });
    const [answer, pictures] = await Promise.all([cleaned(this.address, html), kept()]);
    clearTimeout(slow);
    this.place.removeAttribute("aria-busy");
    const { state } = view;
    const at = key.getState(state).find((each) => each.id === id);
    const tr = pm.history.closeHistory(state.tr).setMeta(key, { gone: id });
    if (answer.why) {
      view.dispatch(tr);
      this.waits();
      this.say(`${this.said.dataset.large} ${answer.why}`);
      return;
    }
    const { selection } = state;
    const whole = placed(answer.failed ? unstyled(html) : answer.html, sign, pictures);
    put(tr, at.from, at.to, sliceOf(state.schema, whole.html));
    if (selection.from === at.from && selection.to === at.to) tr.scrollIntoView();
    else tr.setSelection(selection.map(tr.doc, tr.mapping)); // somebody went on typing
    view.dispatch(tr.setMeta("paste", true).setMeta("uiEvent", "paste"));
    apart(view);
    this.tell(answer, whole.missing.map((why) => why || this.said.dataset.noPicture));
  }

  tell(told, missing) {
    const answer = told.failed ? { lost: missing, changed: [] } : { ...told, lost: [...told.lost, ...missing] };
    this.say(told.failed ? this.said.dataset[told.failed] : "");
    for (const kind of ["lost", "changed"]) {
      if (!answer[kind].length) continue;
      const list = document.createElement("ul");
      list.append(...answer[kind].map((words) => Object.assign(document.createElement("li"), { textContent: words })));
      this.said.append(this.said.dataset[kind], list);
    }
  }

  say(words) {
    this.said.replaceChildren(words);
  }
}

export const Paste = Extension.create({
  name: "paste-in-order",
  addOptions: () => ({ place: null, address: "", said: null, stored: null, waits: () => {} }),
  addProseMirrorPlugins() {
    const { place, address, said, stored, waits } = this.options;
    const pasting = new Pasting({ editor: this.editor, place, address, said, waits });
    const takes = (view, event, data, html, { from, to }) => {
      const files = pictures(data);
      const isOffered = files.length > 0 && !hasWords(html) && offer(place, files, from);
      const isForeign = html && !html.includes(MINE) && !view.state.doc.resolve(from).parent.type.spec.code;
      if (!isOffered && !isForeign) return false;
      event.preventDefault();
      if (!isOffered) void pasting.bring(html, { from, to }, files);
      return true;
    };
    return [
      new Plugin({
        key,
        state: {
          init: () => [],
          apply(tr, waiting) {
            const meta = tr.getMeta(key);
            let now = waiting;
            if (tr.docChanged) {
              // what is typed meanwhile stands after it, and so does what was pasted later
              const first = meta?.gone ? now.findIndex(({ id }) => id === meta.gone) : now.length;
              const moved = (position, index) => tr.mapping.map(position, index > first ? 1 : -1);
              now = now.map(({ id, from, to }, index) => ({ id, from: moved(from, index), to: moved(to, index) }));
            }
            if (meta?.gone) return now.filter(({ id }) => id !== meta.gone);
            return meta ? [...now, meta] : now;
          },
        },
        props: {
          decorations(state) {
            const waiting = key.getState(state);
            if (!waiting.length) return null;
            const sign = () => Object.assign(document.createElement("span"), { className: "pasting", textContent: "…" });
            return DecorationSet.create(state.doc, waiting.map(({ to }) => Decoration.widget(to, sign, { side: -1 })));
          },
          clipboardSerializer: new Copier(this.editor.schema, this.editor, stored),
          transformPastedHTML: unstyled,
          handlePaste(view, event, slice) {
            if (!event.clipboardData?.getData("text/html").includes(MINE)) return false;
            const { state } = view;
            const only = slice.openStart || slice.openEnd || slice.content.childCount !== 1 ? null : slice.content.firstChild;
            const tr = only ? state.tr.replaceSelectionWith(only, false) : state.tr.replaceSelection(slice);
            view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
            apart(view);
            return true;
          },
          handleDOMEvents: {
            cut: apart,
            copy: apart,
            paste(view, event) {
              apart(view);
              const html = event.clipboardData?.getData("text/html") ?? "";
              return takes(view, event, event.clipboardData, html, view.state.selection);
            },
            drop(view, event) {
              const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
              if (view.dragging || !at) return false;
              const html = event.dataTransfer?.getData("text/html") ?? "";
              return takes(view, event, event.dataTransfer, html, { from: at.pos, to: at.pos });
            },
          },
        },
      }),
    ];
  },
});
