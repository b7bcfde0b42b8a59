/* Pictures for an essay: uploaded by button, drag and drop or paste, or found among earlier ones; then inserted into
   the text, or used as its cover. */

const TIMEOUT_MS = 120_000;
const panel = document.querySelector(".essay-images");
const editor = document.querySelector(".essay-editor");
const dialog = panel.querySelector("template").content.querySelector("dialog");
document.body.append(dialog); // outside the essay's form, which Enter would submit
const part = (name) => dialog.querySelector(`[data-part=${name}]`);
const file = dialog.querySelector("[type=file]");
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

let chosen = null;
let position;
let isForCover = false;
let useCover;
let searchCount = 0;

async function request(address, body) {
  const { away, large, loggedOut } = dialog.dataset;
  try {
    const options = { ...(body && { method: "POST", body, headers: { "X-CSRFToken": token() } }), redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await fetch(address, options);
    if (response.headers.get("Content-Type")?.startsWith("application/json")) return await response.json();
    if (response.status === 413) return { error: large.replace("{name}", () => body.get("file")?.name) };
    if (response.type === "opaqueredirect") return { error: loggedOut };
  } catch {
    // reported below, like any other answer that isn't JSON
  }
  return { error: away };
}

function formData(fields) {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

function insertFigure(picture, options = {}) {
  const { src, alt, width, height } = picture;
  editor.dispatchEvent(new CustomEvent("insert-figure", { detail: { src, alt, width, height, position, ...options } }));
  position = undefined; // further pictures go to the cursor, which is after this one
}

function choose(picture) {
  chosen = picture;
  part("shown").src = picture.small;
  part("alt").value = picture.alt;
  part("alt").readOnly = isForCover && !picture.mine; // a cover has the picture's own
  part("caption").value = "";
  part("wide").checked = false;
  part("chosen").hidden = false;
  part("insert").disabled = false;
  for (const button of part("found").querySelectorAll("button"))
    button.setAttribute("aria-pressed", button.dataset.image === String(picture.id));
  part("alt").focus();
}

async function upload(image) {
  part("said").textContent = dialog.dataset.sending;
  const result = await request(dialog.dataset.upload, formData({ file: image }));
  part("said").textContent = result.error ?? "";
  return result.error ? null : result;
}

async function search() {
  const current = ++searchCount;
  const result = await request(`${dialog.dataset.find}?q=${encodeURIComponent(part("query").value)}`);
  if (current !== searchCount) return;
  if (result.error) part("said").textContent = result.error;
  const rows = (result.images ?? []).map((picture) => {
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
  if (!result.error && !rows.length && part("query").value) part("said").textContent = dialog.dataset.none;
}

function openDialog({ cover = false, use = showCover } = {}) {
  chosen = null;
  useCover = use;
  isForCover = cover;
  for (const name of ["caption", "wide"]) part(name).closest("p").hidden = cover;
  part("insert").textContent = cover ? dialog.dataset.use : dialog.dataset.insert;
  part("said").textContent = "";
  part("query").value = "";
  part("chosen").hidden = true;
  part("insert").disabled = true;
  if (file) file.value = "";
  dialog.showModal();
  search();
}

async function uploadFiles(files) {
  openDialog();
  if (files.length === 1) {
    const picture = await upload(files[0]);
    if (picture) choose(picture);
    return;
  }
  const errors = [];
  for (const each of files) {
    const picture = await upload(each);
    if (picture) insertFigure(picture);
    else errors.push(part("said").textContent);
  }
  part("said").textContent = errors.join(" ");
  if (!errors.length) dialog.close();
}

if (editor) {
  panel.querySelector(".help").remove(); // without this script it leads to the list of pictures
  const openPicker = (event) => {
    event.preventDefault();
    position = undefined;
    openDialog();
  };
  editor.addEventListener("essay-choose-image", openPicker);
  editor.addEventListener("essay-upload-image", ({ detail }) => {
    if (file) detail.result = request(dialog.dataset.upload, formData({ ...detail.source, alt: detail.alt }));
  });
  editor.addEventListener("essay-image-files", (event) => {
    if (!file) return;
    event.preventDefault();
    position = event.detail.position;
    uploadFiles([...event.detail.files]);
  });
}
file?.addEventListener("change", async () => {
  if (!file.files.length) return;
  const picture = await upload(file.files[0]);
  if (picture) {
    choose(picture);
    search();
  }
});
document.addEventListener("choose-picture", ({ detail }) => openDialog({ cover: true, use: detail.use })); // for other forms
part("query").addEventListener("input", search);
part("close").addEventListener("click", () => dialog.close());
part("chosen").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  part("insert").click();
});
part("insert").addEventListener("click", async () => {
  const picture = { ...chosen, alt: part("alt").value.trim() };
  if (isForCover) useCover(picture);
  else insertFigure(picture, { caption: part("caption").value.trim(), wide: part("wide").checked });
  dialog.close();
  if (picture.mine && picture.alt !== chosen.alt) await request(dialog.dataset.alt.replace("/0/", `/${picture.id}/`), formData({ alt: picture.alt }));
});

const cover = document.querySelector(".cover-picture");
const coverPart = (name) => cover.querySelector(`[data-part=${name}]`);

function showCover(picture) {
  const number = cover.querySelector("input");
  number.value = picture?.id ?? "";
  number.dispatchEvent(new Event("input", { bubbles: true }));
  coverPart("preview").hidden = coverPart("remove").hidden = !picture;
  coverPart("no-alt").hidden = !picture || Boolean(picture.alt);
  if (picture) Object.assign(coverPart("preview"), { src: picture.small, alt: picture.alt });
  coverPart("choose").focus();
}

if (cover) {
  const number = cover.querySelector("input");
  const button = coverPart("choose");
  const { id } = number;
  number.hidden = true;
  number.removeAttribute("id");
  button.id = id; // links to the field's errors lead to it
  button.setAttribute("aria-label", button.textContent); // rather than the field's label
  if (number.hasAttribute("aria-describedby")) button.setAttribute("aria-describedby", number.getAttribute("aria-describedby"));
  coverPart("buttons").hidden = false;
  button.addEventListener("click", () => openDialog({ cover: true }));
  coverPart("remove").addEventListener("click", () => showCover(null));
}
