/* The title and subtitle of a pasted document, which move from the empty text to their empty fields; undo brings them back. */

const HISTORY = "history$"; // the key under which ProseMirror's history marks its transactions

export class PastedTitle {
  constructor(editor, textarea) {
    this.editor = editor;
    this.fields = ["title", "deck"].map((name) => textarea.form?.elements[name]);
    this.moved = null;
  }

  /* Whether a title would have a place: text and title are empty. */
  isWanted() {
    const { doc } = this.editor.state;
    return Boolean(this.fields[0]) && !this.fields[0].value.trim() && doc.childCount === 1 && !doc.firstChild.content.size;
  }

  /* The title and subtitle of the server's answer as the first blocks of a text. */
  asHtml({ title, deck }) {
    const blocks = [["h2", title], ["p", deck]].filter(([, text]) => text);
    return blocks.map(([name, textContent]) => Object.assign(document.createElement(name), { textContent }).outerHTML).join("");
  }

  /* Move the pasted title, and the subtitle if its field is empty too; return whether it did. */
  move({ title, deck }) {
    const { state, view } = this.editor;
    const { doc, schema, tr } = state;
    const isFree = title && !this.fields[0]?.value.trim() && doc.firstChild.textContent === title;
    if (!isFree) return false;
    const texts = [title];
    if (deck && this.fields[1] && !this.fields[1].value.trim() && doc.maybeChild(1)?.textContent === deck) texts.push(deck);
    const end = texts.reduce((size, _, index) => size + doc.child(index).nodeSize, 0);
    if (end === doc.content.size) tr.replaceWith(0, end, schema.nodes.paragraph.create());
    else tr.delete(0, end);
    this.moved = { texts, before: doc, after: tr.doc };
    view.dispatch(tr.scrollIntoView());
    this.fill("", texts);
    return true;
  }

  /* Empty the fields when the move is undone, and fill them when it is done again. */
  follow(transaction) {
    if (!this.moved || !transaction.docChanged || !transaction.getMeta(HISTORY)) return;
    const { texts, before, after } = this.moved;
    if (transaction.before.eq(after) && transaction.doc.eq(before)) this.fill(texts, "");
    else if (transaction.before.eq(before) && transaction.doc.eq(after)) this.fill("", texts);
  }

  /* Replace what is in the fields, unless the author has changed it. */
  fill(from, to) {
    this.moved.texts.forEach((_, index) => {
      const field = this.fields[index];
      if (field.value.trim() !== (from[index] ?? "")) return;
      field.value = to[index] ?? "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
}
