/* Converts between HTML as the server stores it and the editor's document. */

import { pm } from "django-prose-editor/editor";
import { TAG_OF_NODE } from "./schema.js";

const { DOMParser: Reader, Fragment } = pm.model;
const VOID = new Set(["br", "hr", "img"]);

const escapeText = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const escapeAttribute = (text) => escapeText(String(text)).replaceAll('"', "&quot;");

function openTag(tag, pairs) {
  // no nested template literals: rjsmin would remove their spaces
  return "<" + [tag, ...pairs.map(([name, attribute]) => `${name}="${escapeAttribute(attribute)}"`)].join(" ") + ">";
}

/* Serialize a DOM as the server would. */
export function serialize(root) {
  const output = [];
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  const open = [];
  const closeTo = (parent) => {
    while (open.length && open.at(-1) !== parent) output.push(`</${open.pop().localName}>`);
  };
  for (let node = root; node; node = walker.nextNode()) {
    if (node !== root) closeTo(node.parentNode);
    if (node.nodeType === Node.TEXT_NODE) output.push(escapeText(node.data));
    else {
      output.push(openTag(node.localName, [...node.attributes].map(({ name, value: attribute }) => [name, attribute])));
      if (!VOID.has(node.localName)) open.push(node);
    }
  }
  closeTo(null);
  return output.join("");
}

export class StoredHtml {
  #rules;
  #sources = new WeakMap();
  /* Whether a part of the text is kept as raw HTML. */
  hasRawHtml = false;

  constructor(rules) {
    this.#rules = rules;
  }

  /* Parse stored HTML. Blocks that stay unchanged are written back byte for byte. */
  read(schema, html) {
    const body = new DOMParser().parseFromString(`<!doctype html><body>${html}`, "text/html").body;
    const sources = [...body.children].map(serialize);
    const isWhole = sources.join("") === html;
    const reader = Reader.fromSchema(schema);
    normalizeNewlines(body);
    const blocks = [];
    for (const [index, child] of [...body.childNodes].entries()) {
      if (child.nodeType === Node.TEXT_NODE && !child.data.trim()) continue;
      const holder = document.createElement("div");
      holder.append(child);
      const parsed = reader.parse(holder, { preserveWhitespace: "full" });
      const source = isWhole ? sources[index] : serialize(holder.cloneNode(true)).slice(5, -6);
      if (isLossy(source, this.html(parsed))) {
        this.hasRawHtml = true;
        blocks.push(schema.nodes.rawHtml.create({ html: source }));
        continue;
      }
      if (isWhole && parsed.childCount === 1) this.#sources.set(parsed.firstChild, source);
      parsed.forEach((block) => blocks.push(block));
    }
    if (!blocks.length) blocks.push(schema.nodes.paragraph.create());
    return schema.topNodeType.create(null, Fragment.from(blocks));
  }

  /* Serialize a document for storage. */
  html(doc) {
    const parts = [];
    doc.forEach((block) => {
      let html = this.#sources.get(block);
      if (html === undefined) {
        html = this.inner(Fragment.from(block));
        this.#sources.set(block, html);
      }
      parts.push(html);
    });
    return parts.join("");
  }

  /* Serialize a fragment: its blocks, and the inline content of each text block. */
  inner(fragment) {
    const output = [];
    const stack = [];
    const push = (content) => {
      let previous = null;
      const steps = [];
      content.forEach((node) => {
        if (previous?.type.name === "line" && node.type.name === "line") steps.push("<br>");
        steps.push(node);
        previous = node;
      });
      stack.push(...steps.reverse());
    };
    push(fragment);
    while (stack.length) {
      const step = stack.pop();
      if (typeof step === "string") output.push(step);
      else if (step.isText || step.isInline) output.push(this.#inline(Fragment.from(step)));
      else if (step.type.name === "rawHtml") output.push(step.attrs.html);
      else {
        const [start, end] = this.#tags(step);
        if (step.isTextblock) {
          const text = this.#inline(step.content);
          if (text || !["line", "paragraph", "heading"].includes(step.type.name)) output.push(start, text, end);
        } else {
          output.push(start);
          stack.push(end);
          push(step.content);
        }
      }
    }
    return output.join("");
  }

  #tags(node) {
    const { name } = node.type;
    if (name === "line") return ["", ""];
    const tag = name === "heading" ? `h${node.attrs.level}` : name === "endnotes" ? "section" : name === "noteList" ? "ol" : name === "note" ? "li" : TAG_OF_NODE.get(name);
    return [this.#openTag(tag, node.attrs), VOID.has(tag) ? "" : `</${tag}>`];
  }

  #openTag(tag, attrs) {
    const pairs = (this.#rules.attributes[tag] ?? [])
      .filter((name) => attrs[name] !== null && attrs[name] !== undefined)
      .map((name) => [name, attrs[name]]);
    if (tag === "img" && attrs.alt === null) pairs.splice(1, 0, ["alt", ""]);
    if (tag === "a" && /^[a-z]+:/.test(attrs.href)) pairs.push(["rel", this.#rules.rel]);
    return openTag(tag, pairs);
  }

  /* Serialize inline content; of marks that begin together, the one that reaches furthest is outermost. */
  #inline(content) {
    const nodes = [];
    content.forEach((node) => nodes.push(node));
    const output = [];
    const open = [];
    const closeTo = (count) => {
      while (open.length > count) output.push(`</${open.pop().type.name}>`);
    };
    nodes.forEach((node, index) => {
      let depth = 0;
      while (depth < open.length && open[depth].isInSet(node.marks)) depth += 1;
      closeTo(depth);
      const reach = (mark) => {
        let end = index + 1;
        while (end < nodes.length && mark.isInSet(nodes[end].marks)) end += 1;
        return end;
      };
      const added = node.marks.filter((mark) => !open.includes(mark) && !open.some((other) => other.eq(mark)));
      for (const mark of added.sort((one, other) => reach(other) - reach(one))) {
        output.push(this.#openTag(mark.type.name, mark.attrs));
        open.push(mark);
      }
      output.push(this.#leaf(node));
    });
    closeTo(0);
    return output.join("");
  }

  #leaf(node) {
    const { attrs } = node;
    switch (node.type.name) {
      case "text":
        return escapeText(node.text);
      case "hardBreak":
        return "<br>";
      case "noteMark":
        return `<sup>${openTag("a", markAttributes(attrs))}${escapeText(attrs.label ?? attrs.n)}</a></sup>`;
      default:
        return this.#openTag("img", attrs);
    }
  }
}

const markAttributes = ({ id, n }) => [...(id ? [["id", id]] : []), ["href", `#note-${n}`], ["role", "doc-noteref"]];

/* Replace newlines in running text by spaces, because the editor shows all white space. */
function normalizeNewlines(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text.data.includes("\n") && !text.parentElement.closest("pre")) text.data = text.data.replace(/\n/g, " ");
  }
}

/* Whether text, tags or attributes of the source are missing in what the schema made of it. */
export function isLossy(source, made) {
  if (source === made) return false;
  const tags = (html) => [...new Set(html.match(/<[^/][^>]*>/g))].sort().join("");
  const text = (html) => html.replace(/<[^>]*>/g, "").replace(/\s+/g, " ");
  return tags(source) !== tags(made) || text(source) !== text(made);
}
