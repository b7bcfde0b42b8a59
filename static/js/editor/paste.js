/* What is pasted: our own as it is, with its notes; anything foreign is put in order by the server first. */

import { Extension, pm } from "django-prose-editor/editor";
import { carryNotes, gatherNotes } from "./notes.js";

const { Plugin, PluginKey, TextSelection } = pm.state;
const { DOMSerializer, DOMParser: Reader, Slice } = pm.model;
const { Decoration, DecorationSet } = pm.view;
const MINE = "data-rejoinder";
const PATIENCE = 3000;
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

const pictures = (data) => [...(data?.files ?? [])].filter(({ type }) => type.startsWith("image/"));

function hasWords(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
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

export function sliceOf(schema, html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  gatherNotes(body);
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode;
    if (!words.parentElement.closest("pre")) words.data = words.data.replace(/\n/g, " ");
  }
  return Reader.fromSchema(schema).parseSlice(body, { preserveWhitespace: "full" });
}

async function cleaned(address, html) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      body: html,
      headers: { "Content-Type": "text/html" },
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok || answer.status === 413) return await answer.json();
  } catch {
    // said below
  }
  return null;
}

class Pasting {
  constructor({ editor, place, address, said }) {
    Object.assign(this, { editor, place, address, said });
  }

  async bring(html, slice) {
    const { view } = this.editor;
    const id = {};
    const { from, to } = view.state.selection;
    view.dispatch(view.state.tr.setMeta(key, { id, from, to }));
    this.say(this.said.dataset.waits);
    this.place.setAttribute("aria-busy", "true");
    const answer = await cleaned(this.address, html);
    this.place.removeAttribute("aria-busy");
    const { state } = view;
    const at = key.getState(state).find((each) => each.id === id);
    const tr = pm.history.closeHistory(state.tr).setMeta(key, { gone: id });
    if (answer?.why) {
      view.dispatch(tr);
      this.say(`${this.said.dataset.large} ${answer.why}`);
      return;
    }
    put(tr, at.from, at.to, answer ? sliceOf(state.schema, answer.html) : slice);
    view.dispatch(tr.scrollIntoView().setMeta("paste", true).setMeta("uiEvent", "paste"));
    view.dispatch(pm.history.closeHistory(view.state.tr));
    this.tell(answer);
  }

  tell(answer) {
    if (!answer) return this.say(this.said.dataset.away);
    this.say("");
    for (const kind of ["lost", "changed"]) {
      if (!answer[kind].length) continue;
      const list = document.createElement("ul");
      list.append(...answer[kind].map((words) => Object.assign(document.createElement("li"), { textContent: words })));
      this.said.append(this.said.dataset[kind], list);
    }
    return undefined;
  }

  say(words) {
    this.said.replaceChildren(words);
  }
}

export const Paste = Extension.create({
  name: "paste-in-order",
  addOptions: () => ({ place: null, address: "", said: null, stored: null }),
  addProseMirrorPlugins() {
    const { place, address, said, stored } = this.options;
    const pasting = new Pasting({ editor: this.editor, place, address, said });
    return [
      new Plugin({
        key,
        state: {
          init: () => [],
          apply(tr, waiting) {
            const meta = tr.getMeta(key);
            let now = waiting;
            if (tr.docChanged) now = now.map(({ id, from, to }) => ({ id, from: tr.mapping.map(from, 1), to: tr.mapping.map(to, 1) }));
            if (meta?.gone) return now.filter(({ id }) => id !== meta.gone);
            return meta ? [...now, meta] : now;
          },
        },
        props: {
          decorations(state) {
            const waiting = key.getState(state);
            if (!waiting.length) return null;
            const sign = () => Object.assign(document.createElement("span"), { className: "pasting", textContent: "…" });
            return DecorationSet.create(state.doc, waiting.map(({ to }) => Decoration.widget(to, sign)));
          },
          clipboardSerializer: new Copier(this.editor.schema, this.editor, stored),
          handlePaste(view, event, slice) {
            const html = event.clipboardData?.getData("text/html") ?? "";
            const files = pictures(event.clipboardData);
            if (files.length && !hasWords(html) && offer(place, files)) return true;
            if (!html || html.includes(MINE) || view.state.selection.$from.parent.type.spec.code) return false;
            void pasting.bring(html, slice);
            return true;
          },
          handleDrop(view, event) {
            const files = pictures(event.dataTransfer);
            if (!files.length) return false;
            const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
            return offer(place, files, at?.pos);
          },
        },
      }),
    ];
  },
});
