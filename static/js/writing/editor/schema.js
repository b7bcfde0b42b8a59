/* The editor's schema, built from the server's allowlist: a node for each block tag, a mark for each inline tag. */

import { Mark, Node } from "django-prose-editor/editor";

/* Content of each block tag. A `line` is text directly inside a block, without a paragraph. */
const MIXED = "(line | block)+";
const BLOCKS = {
  p: { name: "paragraph", content: "inline*", priority: 1000, group: "block" },
  pre: { name: "codeBlock", content: "inline*", group: "block", code: true, defining: true },
  blockquote: { content: "(block | line)+", group: "block", defining: true },
  ul: { name: "bulletList", content: "listItem+", group: "block list" },
  ol: { name: "orderedList", content: "listItem+", group: "block list" },
  li: { name: "listItem", content: MIXED, defining: true },
  hr: { name: "horizontalRule", group: "block" },
  table: { content: "(caption | thead | tbody | tfoot)+", group: "block", isolating: true, allowGapCursor: false },
  caption: { content: "inline*", isolating: true, defining: true },
  thead: { content: "tr+" },
  tbody: { content: "tr+" },
  tfoot: { content: "tr+" },
  tr: { content: "(td | th)*" },
  td: { content: MIXED, isolating: true },
  th: { content: MIXED, isolating: true },
  figure: { content: "(line | block | figcaption)+", group: "block", isolating: true, defining: true, allowGapCursor: false },
  figcaption: { content: MIXED, defining: true, isolating: true },
  details: { content: "(line | block | summary)+", group: "block", isolating: true, defining: true },
  summary: { content: "inline*", defining: true, isolating: true },
  dl: { content: "(dt | dd)+", group: "block" },
  dt: { content: "inline*", defining: true },
  dd: { content: MIXED, defining: true },
};
const HEADINGS = ["h2", "h3", "h4"];
/* These may contain themselves. */
const NESTABLE = ["q", "span", "sub", "sup"];
/* Attributes that are not copied to a new block when a block is split. */
const NOT_COPIED = ["id", "value", "start", "class", "colspan", "rowspan"];

export const TAG_OF_NODE = new Map(Object.entries(BLOCKS).map(([tag, { name }]) => [name ?? tag, tag]));

function attributes(names) {
  const all = {};
  for (const name of names) {
    all[name] = {
      default: null,
      keepOnSplit: !NOT_COPIED.includes(name),
      parseHTML: (element) => element.getAttribute(name),
      renderHTML: (values) => (values[name] === null ? {} : { [name]: values[name] }),
    };
  }
  return () => all;
}

function block(tag, names) {
  const { name = tag, content, ...more } = BLOCKS[tag];
  return Node.create({
    name,
    content,
    ...more,
    ...(tag === "pre" && { whitespace: "pre" }),
    addAttributes: attributes(names),
    parseHTML: () => [{ tag, ...(tag === "pre" && { preserveWhitespace: "full" }) }],
    renderHTML: ({ HTMLAttributes }) => (content ? [tag, HTMLAttributes, 0] : [tag, HTMLAttributes]),
  });
}

function heading(names) {
  return Node.create({
    name: "heading",
    group: "block",
    content: "inline*",
    defining: true,
    addAttributes: () => ({ ...attributes(names)(), level: { default: 2, rendered: false } }),
    parseHTML: () => HEADINGS.map((tag) => ({ tag, attrs: { level: Number(tag[1]) } })),
    renderHTML: ({ node, HTMLAttributes }) => [`h${node.attrs.level}`, HTMLAttributes, 0],
  });
}

/* Number of ancestors with the same tag: without it, a mark inside its own kind would be merged with it. */
function depth(element) {
  let count = 0;
  for (let at = element.parentElement; at; at = at.parentElement) count += at.localName === element.localName;
  return count;
}

function mark(tag, names) {
  const isNestable = NESTABLE.includes(tag);
  return Mark.create({
    name: tag,
    ...(isNestable && { excludes: "" }),
    inclusive: tag !== "a",
    addAttributes: () => ({
      ...attributes(names)(),
      ...(isNestable && { depth: { default: 0, rendered: false, parseHTML: depth } }),
    }),
    parseHTML: () => [{ tag: tag === "a" ? "a[href]" : tag }],
    renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
  });
}

const Line = Node.create({
  name: "line",
  content: "inline*",
  parseHTML: () => [{ tag: "p.line", priority: 100 }],
  renderHTML: () => ["p", { class: "line" }, 0],
});

const Document = Node.create({ name: "doc", topNode: true, content: "(block | line | endnotes)+" });
const Text = Node.create({ name: "text", group: "inline" });

const Break = Node.create({
  name: "hardBreak",
  group: "inline",
  inline: true,
  selectable: false,
  linebreakReplacement: true,
  parseHTML: () => [{ tag: "br" }],
  renderHTML: () => ["br"],
  renderText: () => "\n",
});

function image(names) {
  return Node.create({
    name: "image",
    group: "inline",
    inline: true,
    draggable: true,
    addAttributes: attributes(names),
    parseHTML: () => [{ tag: "img[src]" }],
    renderHTML: ({ HTMLAttributes }) => ["img", HTMLAttributes],
  });
}

/* The notes at the end, and the marks that link to them. `key` connects a mark with its note while numbers change. */
const noteNumber = (address) => (address ?? "").replace(/^#?(note|ref)-/, "");

function noteMark() {
  return Node.create({
    name: "noteMark",
    group: "inline",
    inline: true,
    atom: true,
    priority: 900,
    addAttributes: () => ({
      key: { default: "" },
      n: { default: "" },
      label: { default: null },
      id: { default: null },
      carried: { default: null },
    }),
    parseHTML: () => [
      {
        tag: "sup",
        priority: 90,
        getAttrs: (sup) => {
          const link = sup.firstElementChild;
          const n = noteNumber(link?.getAttribute("href"));
          const isPlain = sup.childNodes.length === 1 && link?.childElementCount === 0;
          if (!isPlain || !link.matches('a[role="doc-noteref"]:not([lang], [dir])') || sup.matches("[lang], [dir]")) return false;
          const label = link.textContent === n ? null : link.textContent;
          return { key: sup.dataset.key ?? n, n, label, id: link.getAttribute("id"), carried: sup.dataset.note ?? null };
        },
      },
    ],
    renderHTML: ({ node: { attrs } }) => [
      "sup",
      { class: "note-mark", "data-key": attrs.key, ...(attrs.carried !== null && { "data-note": attrs.carried }) },
      ["a", { ...(attrs.id && { id: attrs.id }), href: `#note-${attrs.n}`, role: "doc-noteref" }, attrs.label ?? attrs.n],
    ],
  });
}

function endnotes(names) {
  return Node.create({
    name: "endnotes",
    content: "(noteList | block | line)+",
    isolating: true,
    defining: true,
    addAttributes: attributes(names),
    parseHTML: () => [{ tag: 'section[role="doc-endnotes"]' }],
    renderHTML: ({ HTMLAttributes }) => ["section", HTMLAttributes, 0],
  });
}

function noteList(names) {
  return Node.create({
    name: "noteList",
    content: "note+",
    isolating: true,
    addAttributes: attributes(names),
    parseHTML: () => [{ tag: 'section[role="doc-endnotes"] > ol', priority: 90 }],
    renderHTML: ({ HTMLAttributes }) => ["ol", HTMLAttributes, 0],
  });
}

function note(names) {
  return Node.create({
    name: "note",
    content: MIXED,
    isolating: true,
    defining: true,
    addAttributes: () => ({
      ...attributes(names)(),
      key: {
        default: null,
        parseHTML: (item) => item.dataset.key ?? (noteNumber(item.getAttribute("id")) || null),
        renderHTML: ({ key }) => (key === null ? {} : { "data-key": key }),
      },
    }),
    parseHTML: () => [{ tag: 'section[role="doc-endnotes"] > ol > li', priority: 90 }],
    renderHTML: ({ HTMLAttributes }) => ["li", HTMLAttributes, 0],
  });
}

/* HTML that the schema would lose stays in the text as it is stored. */
const RawHtml = Node.create({
  name: "rawHtml",
  group: "block",
  atom: true,
  addAttributes: () => ({ html: { default: "", rendered: false } }),
  parseHTML: () => [{ tag: "pre.as-it-is", priority: 100, getAttrs: (element) => ({ html: element.textContent }) }],
  renderHTML: ({ node }) => ["pre", { class: "as-it-is" }, node.attrs.html],
});

export function extensions({ attributes: allowed, inline }) {
  const names = (tag) => allowed[tag] ?? [];
  const blocks = Object.keys(BLOCKS).filter((tag) => tag in allowed);
  return [
    Document,
    Text,
    Line,
    Break,
    RawHtml,
    ...blocks.map((tag) => block(tag, names(tag))),
    heading(names("h2")),
    image(names("img")),
    noteMark(),
    endnotes(names("section")),
    noteList(names("ol")),
    note(names("li")),
    // links are outermost
    ...["a", ...inline.filter((tag) => tag !== "a")].map((tag) => mark(tag, names(tag))),
  ];
}
