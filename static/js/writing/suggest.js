/* Text fields with suggestions from the server (a combobox with a listbox). With `data-many`, each name becomes a box
   of its own, by Enter or a comma, and the field keeps all of them separated by commas. */

const PAUSE_MS = 150;

/* Names in a line of comma-separated, possibly quoted names; and the other way round. */
const splitNames = (line) => [...line.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,]+))\s*(?:,|$)/g)].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain).trim()).filter(Boolean);
const joinNames = (names) => names.map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(", ");

let count = 0;

class Suggestions {
  constructor(input) {
    this.input = input;
    this.list = document.createElement("ul");
    Object.assign(this.list, { id: `suggestions-${(count += 1)}`, className: "suggestions", hidden: true });
    this.list.setAttribute("role", "listbox");
    const attributes = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id, autocomplete: "off" };
    for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
    input.after(this.list);
    this.list.setAttribute("aria-label", input.labels[0]?.textContent.trim().replace(/:$/, "") ?? "");
    input.addEventListener("input", () => this.onInput());
    input.addEventListener("keydown", (event) => this.onKeydown(event));
    input.addEventListener("blur", () => this.onBlur());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => this.choose(target.closest("[role=option]")));
  }

  onInput() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), PAUSE_MS);
  }

  async search() {
    const words = this.input.value.trim();
    this.asked = words;
    let found = [];
    if (words) {
      try {
        const response = await fetch(`${this.input.dataset.suggest}?q=${encodeURIComponent(words)}`);
        if (response.ok && !response.redirected) ({ found } = await response.json());
      } catch {
        // no network: what is typed can still be used
      }
    }
    if (this.asked === words && document.activeElement === this.input) this.show(words, found);
  }

  show(words, found) {
    const options = found.map(({ name, value, note }) => this.option(name, value ?? name, note));
    const { create } = this.input.dataset;
    const isKnown = found.some(({ name }) => name.toLowerCase() === words.toLowerCase());
    if (create && words && !isKnown) options.push(this.option(create.replace("{name}", words), words));
    this.list.replaceChildren(...options);
    this.setOpen(options.length > 0);
  }

  option(text, value, note) {
    const option = document.createElement("li");
    Object.assign(option, { id: `${this.list.id}-${(count += 1)}`, textContent: text });
    option.dataset.value = value;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    if (note) option.append(Object.assign(document.createElement("span"), { textContent: ` · ${note}` }));
    return option;
  }

  setOpen(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
    this.mark(null);
  }

  mark(option) {
    this.marked?.setAttribute("aria-selected", "false");
    this.marked = option;
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  onKeydown(event) {
    const options = this.list.hidden ? [] : [...this.list.children];
    const index = options.indexOf(this.marked);
    if (event.key === "ArrowDown" && options.length) this.mark(options[(index + 1) % options.length]);
    else if (event.key === "ArrowUp" && options.length) this.mark(options.at(index - 1));
    else if (event.key === "Escape" && options.length) this.setOpen(false);
    else if (event.key === "Enter" && this.marked) this.choose(this.marked);
    else return this.onOtherKey(event);
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /* Enter in a field of a form would submit it. */
  onOtherKey(event) {
    if (event.key !== "Enter" || this.input.closest("dialog")) return false;
    event.preventDefault();
    this.setOpen(false);
    return true;
  }

  onBlur() {
    clearTimeout(this.timer);
    this.setOpen(false);
  }

  choose(option) {
    if (option) this.accept(option.dataset.value);
  }

  accept(value) {
    this.input.value = value;
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
    clearTimeout(this.timer);
    this.setOpen(false);
  }
}

/* A field for several names. The form's own field is hidden and keeps the line of all names. */
class Names extends Suggestions {
  constructor(field) {
    const input = field.cloneNode();
    for (const name of ["name", "id", "required"]) input.removeAttribute(name);
    const box = document.createElement("div");
    box.className = "names";
    field.before(box);
    box.append(input);
    super(input);
    Object.assign(this, { field, box });
    input.id = field.id;
    field.removeAttribute("id");
    field.hidden = true;
    input.value = "";
    this.names = splitNames(field.value);
    this.draw();
    box.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (button) this.remove([...box.querySelectorAll("button")].indexOf(button));
      else input.focus();
    });
  }

  draw() {
    for (const each of this.box.querySelectorAll("button")) each.remove();
    const buttons = this.names.map((name) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: name });
      button.setAttribute("aria-label", this.input.dataset.remove.replace("{name}", name));
      return button;
    });
    this.input.before(...buttons);
  }

  store() {
    this.field.value = joinNames(this.names);
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    this.draw();
  }

  remove(index) {
    this.names.splice(index, 1);
    this.store();
    this.input.focus();
  }

  accept(value) {
    const name = value.trim();
    if (name && !this.names.some((each) => each.toLowerCase() === name.toLowerCase())) this.names.push(name);
    this.input.value = "";
    clearTimeout(this.timer);
    this.setOpen(false);
    this.store();
  }

  onInput() {
    if (this.input.value.includes(",")) {
      for (const name of splitNames(this.input.value)) this.accept(name);
    } else super.onInput();
  }

  onOtherKey(event) {
    if (event.key === "Backspace" && !this.input.value && this.names.length) this.remove(this.names.length - 1);
    else if (event.key === "Enter" && this.input.value.trim()) this.accept(this.input.value);
    else if (event.key === "Escape" && this.input.value) this.input.value = "";
    else return super.onOtherKey(event);
    event.preventDefault();
    return true;
  }

  /* What is typed and not entered is kept, too. */
  onBlur() {
    super.onBlur();
    if (this.input.value.trim()) this.accept(this.input.value);
  }
}

export function startSuggestions(input) {
  return "many" in input.dataset ? new Names(input) : new Suggestions(input);
}

for (const input of document.querySelectorAll("input[data-suggest]")) startSuggestions(input);
