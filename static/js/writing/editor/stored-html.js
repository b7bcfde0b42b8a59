/* Between what is stored, as the server writes it, and the document in the editor. */

import { pm } from "django-prose-editor/editor";
import { TAGS } from "./schema.js";

const { DOMParser: Reader, Fragment } = pm.model;
const VOID = new Set(["br", "hr", "img"]);

const text = (words) => words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const value = (words) => text(String(words)).replaceAll('"', "&quot;");

function opening(tag, pairs) {
  // no template inside a template: what takes the comments out of scripts would take its spaces too
  return "<" + [tag, ...pairs.map(([name, said]) => `${name}="${value(said)}"`)].join(" ") + ">";
}

/* A DOM as the server would write it. */
export function write(root) {
  const out = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const open = [];
  const closeTo = (parent) => {
    while (open.length && open.at(-1) !== parent) out.push(`</${open.pop().localName}>`);
  };
  for (let at = root; at; at = walker.nextNode()) {
    if (at !== root) closeTo(at.parentNode);
    if (at.nodeType === Node.TEXT_NODE) out.push(text(at.data));
    else {
      out.push(opening(at.localName, [...at.attributes].map(({ name, value: said }) => [name, said])));
      if (!VOID.has(at.localName)) open.push(at);
    }
  }
  closeTo(null);
  return out.join("");
}

export class Stored {
  #rules;
  #written = new WeakMap();
  /* Whether a part of what was read stands there as it is. */
  keepsParts = false;

  constructor(rules) {
    this.#rules = rules;
  }

  /* A document of stored HTML. Blocks that nobody changes are written again letter by letter. */
  read(schema, html) {
    const body = new DOMParser().parseFromString(`<!doctype html><body>${html}`, "text/html").body;
    const sources = [...body.children].map(write);
    const isWhole = sources.join("") === html;
    const reader = Reader.fromSchema(schema);
    flat(body);
    const blocks = [];
    for (const [index, child] of [...body.childNodes].entries()) {
      if (child.nodeType === Node.TEXT_NODE && !child.data.trim()) continue;
      const holder = document.createElement("div");
      holder.append(child);
      const found = reader.parse(holder, { preserveWhitespace: "full" });
      const source = isWhole ? sources[index] : write(holder.cloneNode(true)).slice(5, -6);
      if (lost(source, this.html(found))) {
        this.keepsParts = true;
        blocks.push(schema.nodes.asItIs.create({ html: source }));
        continue;
      }
      if (isWhole && found.childCount === 1) this.#written.set(found.firstChild, source);
      found.forEach((block) => blocks.push(block));
    }
    if (!blocks.length) blocks.push(schema.nodes.paragraph.create());
    return schema.topNodeType.create(null, Fragment.from(blocks));
  }

  /* What is to be stored of a document. */
  html(doc) {
    const parts = [];
    doc.forEach((block) => {
      let html = this.#written.get(block);
      if (html === undefined) {
        html = this.inner(Fragment.from(block));
        this.#written.set(block, html);
      }
      parts.push(html);
    });
    return parts.join("");
  }

  /* The HTML of a fragment: blocks and, of each with words, its words. */
  inner(fragment) {
    const out = [];
    const waiting = [];
    const queue = (content) => {
      let before = null;
      const steps = [];
      content.forEach((node) => {
        if (before?.type.name === "line" && node.type.name === "line") steps.push("<br>");
        steps.push(node);
        before = node;
      });
      waiting.push(...steps.reverse());
    };
    queue(fragment);
    while (waiting.length) {
      const step = waiting.pop();
      if (typeof step === "string") out.push(step);
      else if (step.isText || step.isInline) out.push(this.#words(Fragment.from(step)));
      else if (step.type.name === "asItIs") out.push(step.attrs.html);
      else {
        const [start, end] = this.#tags(step);
        if (step.isTextblock) {
          const words = this.#words(step.content);
          if (words || !["line", "paragraph", "heading"].includes(step.type.name)) out.push(start, words, end);
        } else {
          out.push(start);
          waiting.push(end);
          queue(step.content);
        }
      }
    }
    return out.join("");
  }

  #tags(node) {
    const { name } = node.type;
    if (name === "line") return ["", ""];
    const tag = name === "heading" ? `h${node.attrs.level}` : name === "endnotes" ? "section" : name === "noteList" ? "ol" : name === "note" ? "li" : TAGS.get(name);
    return [this.#opening(tag, node.attrs), VOID.has(tag) ? "" : `</${tag}>`];
  }

  #opening(tag, attrs) {
    const pairs = (this.#rules.attributes[tag] ?? [])
      .filter((name) => attrs[name] !== null && attrs[name] !== undefined)
      .map((name) => [name, attrs[name]]);
    if (tag === "img" && attrs.alt === null) pairs.splice(1, 0, ["alt", ""]);
    if (tag === "a" && /^[a-z]+:/.test(attrs.href)) pairs.push(["rel", this.#rules.rel]);
    return opening(tag, pairs);
  }

  /* Inline content; of marks that begin together the one that reaches furthest is outermost. */
  #words(content) {
    const nodes = [];
    content.forEach((node) => nodes.push(node));
    const out = [];
    const open = [];
    const closeTo = (count) => {
      while (open.length > count) out.push(`</${open.pop().type.name}>`);
    };
    nodes.forEach((node, index) => {
      let kept = 0;
      while (kept < open.length && open[kept].isInSet(node.marks)) kept += 1;
      closeTo(kept);
      const reach = (mark) => {
        let end = index + 1;
        while (end < nodes.length && mark.isInSet(nodes[end].marks)) end += 1;
        return end;
      };
      const fresh = node.marks.filter((mark) => !open.includes(mark) && !open.some((other) => other.eq(mark)));
      for (const mark of fresh.sort((one, other) => reach(other) - reach(one))) {
        out.push(this.#opening(mark.type.name, mark.attrs));
        open.push(mark);
      }
      out.push(this.#leaf(node));
    });
    closeTo(0);
    return out.join("");
  }

  #leaf(node) {
    const { attrs } = node;
    switch (node.type.name) {
      case "text":
        return text(node.text);
      case "hardBreak":
        return "<br>";
      case "noteMark":
        return `<sup>${opening("a", markOf(attrs))}${text(attrs.label ?? attrs.n)}</a></sup>`;
      default:
        return this.#opening("img", attrs);
    }
  }
}

const markOf = ({ id, n }) => [...(id ? [["id", id]] : []), ["href", `#note-${n}`], ["role", "doc-noteref"]];

/* A newline in running text is a space, and the editor shows every space as it is. */
function flat(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode;
    if (words.data.includes("\n") && !words.parentElement.closest("pre")) words.data = words.data.replace(/\n/g, " ");
  }
}

/* Whether words, tags or attributes of the source are missing in what the schema made of it. */
export function lost(source, made) {
  if (source === made) return false;
  const tags = (html) => [...new Set(html.match(/<[^/][^>]*>/g))].sort().join("");
  const words = (html) => html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ");
  return tags(source) !== tags(made) || words(source) !== words(made);
}
