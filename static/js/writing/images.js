/* Pictures for an essay: sent in by button, drop or paste, or found among earlier ones; then put into the text. */

const PATIENCE = 120_000;
const place = document.querySelector(".essay-images");
const editor = document.querySelector(".essay-editor");
const dialog = place.querySelector("template").content.querySelector("dialog");
document.body.append(dialog); // outside the essay's form, which Enter would send
const part = (name) => dialog.querySelector(`[data-part=${name}]`);
const file = dialog.querySelector("[type=file]");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

let chosen = null;
let position;
let asked = 0;

async function ask(address, body) {
  try {
    const answer = await fetch(address, { ...(body && { method: "POST", body, headers: { "X-CSRFToken": token() } }), signal: AbortSignal.timeout(PATIENCE) });
    if (answer.headers.get("Content-Type")?.startsWith("application/json")) return await answer.json();
  } catch {
    // said below, as for an answer that is none
  }
  return { error: dialog.dataset.away };
}

function form(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

function insert(picture, more = {}) {
  const { src, alt, width, height } = picture;
  editor.dispatchEvent(new CustomEvent("insert-figure", { detail: { src, alt, width, height, position, ...more } }));
  position = undefined; // what follows goes to the cursor, which is behind it
}

function choose(picture) {
  chosen = picture;
  part("shown").src = picture.small;
  part("alt").value = picture.alt;
  part("caption").value = "";
  part("wide").checked = false;
  part("chosen").hidden = false;
  part("insert").disabled = false;
  for (const button of part("found").querySelectorAll("button"))
    button.setAttribute("aria-pressed", button.dataset.image === String(picture.id));
  part("alt").focus();
}

async function send(sent) {
  part("said").textContent = dialog.dataset.sending;
  const told = await ask(dialog.dataset.upload, form({ file: sent }));
  part("said").textContent = told.error ?? "";
  return told.error ? null : told;
}

async function find() {
  const turn = ++asked;
  const told = await ask(`${dialog.dataset.find}?q=${encodeURIComponent(part("query").value)}`);
  if (turn !== asked) return;
  if (told.error) part("said").textContent = told.error;
  const rows = (told.images ?? []).map((picture) => {
    const row = document.createElement("li");
    const button = document.createElement("button");
    const image = document.createElement("img");
    image.src = picture.small;
    image.alt = picture.alt || dialog.dataset.unnamed;
    image.loading = "lazy";
    button.type = "button";
    button.dataset.image = picture.id;
    button.title = picture.alt;
    button.setAttribute("aria-pressed", chosen?.id === picture.id);
    button.append(image);
    button.addEventListener("click", () => choose(picture));
    row.append(button);
    return row;
  });
  part("found").replaceChildren(...rows);
  if (!told.error && !rows.length && part("query").value) part("said").textContent = dialog.dataset.none;
}

function open() {
  chosen = null;
  part("said").textContent = "";
  part("query").value = "";
  part("chosen").hidden = true;
  part("insert").disabled = true;
  if (file) file.value = "";
  dialog.showModal();
  find();
}

async function take(files) {
  open();
  if (files.length === 1) {
    const picture = await send(files[0]);
    if (picture) choose(picture);
    return;
  }
  const refused = [];
  for (const one of files) {
    const picture = await send(one);
    if (picture) insert(picture);
    else refused.push(part("said").textContent);
  }
  part("said").textContent = refused.join(" ");
  if (!refused.length) dialog.close();
}

if (editor) {
  editor.after(place); // at hand while one writes
  const opener = place.querySelector("[data-part=open]");
  place.querySelector("[data-part=hint]").hidden = false;
  opener.setAttribute("role", "button");
  const choice = (event) => {
    event.preventDefault();
    position = undefined;
    open();
  };
  opener.addEventListener("click", choice);
  editor.addEventListener("essay-picture", choice);
  editor.addEventListener("essay-keep", ({ detail }) => {
    if (file) detail.kept = ask(dialog.dataset.upload, form({ ...detail.source, alt: detail.alt }));
  });
  editor.addEventListener("essay-files", (event) => {
    if (!file) return;
    event.preventDefault();
    position = event.detail.position;
    take([...event.detail.files]);
  });
}
file?.addEventListener("change", async () => {
  if (!file.files.length) return;
  const picture = await send(file.files[0]);
  if (picture) {
    choose(picture);
    find();
  }
});
part("query").addEventListener("input", find);
part("close").addEventListener("click", () => dialog.close());
part("insert").addEventListener("click", async () => {
  const alt = part("alt").value.trim();
  insert({ ...chosen, alt }, { caption: part("caption").value.trim(), wide: part("wide").checked });
  dialog.close();
  if (chosen.mine && alt !== chosen.alt) await ask(dialog.dataset.alt.replace("/0/", `/${chosen.id}/`), form({ alt }));
});
