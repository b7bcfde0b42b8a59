/* Settings changed in the drawer and not saved yet. Autosave sends them with the text; the page that opens with that
   draft enters them again, unless the saved value has changed since. */
const PARTS_OF_TEXT = ["excerpt", "slug", "tags"];
const MAX_ROWS = 20;

const drawer = document.querySelector("#settings");
const stored = JSON.parse(document.querySelector("essay-autosave")?.dataset.settings || "{}"); // by name: saved value, typed value, its label

function settingFields() {
  const all = [...(drawer?.querySelectorAll("[name]") ?? [])];
  return all.filter(({ name, type }) => type !== "submit" && !PARTS_OF_TEXT.includes(name) && !name.includes("__prefix__"));
}

const valueOf = (field) => (field.type === "checkbox" ? String(field.checked) : field.value);

/* The value with which the page came, whatever the browser or the author has entered since. */
function openedValueOf(field) {
  if (field.type === "checkbox") return String(field.defaultChecked);
  if (!field.options) return field.defaultValue;
  return ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value ?? "";
}

/* What a page needs to show a value that it does not know: the words of a choice, the address of a picture. */
function labelOf(field) {
  return field.selectedOptions?.[0]?.textContent ?? preview(field)?.getAttribute("src") ?? "";
}

const preview = (field) => field.closest(".cover-picture")?.querySelector("[data-part=preview]");

/* All changed settings by name, as JSON; "" if there are none. */
export function changedSettings() {
  const changed = {};
  for (const field of settingFields()) {
    const [before, value] = [stored[field.name]?.[0] ?? openedValueOf(field), valueOf(field)];
    if (before !== value) changed[field.name] = [before, value, labelOf(field)];
  }
  return Object.keys(changed).length ? JSON.stringify(changed) : "";
}

function enter(field, [before, value, label]) {
  const opened = openedValueOf(field);
  if (opened !== before) {
    if (opened !== value) delete stored[field.name]; // someone saved another one
    return;
  }
  if (field.type === "checkbox") field.checked = value === "true";
  else if (field.options && ![...field.options].some((option) => option.value === value)) field.add(new Option(label, value, false, true));
  else field.value = value;
  const picture = preview(field);
  if (picture) {
    picture.hidden = !value;
    if (value) picture.src = label;
  }
}

const findField = (name) => settingFields().find((field) => field.name === name);

/* Enter a setting of a row that was added in the page: add the row first. */
function enterInNewRow(name, entry) {
  const prefix = name.match(/^(\w+)-\d+-/)?.[1];
  for (let rows = 0; prefix && !findField(name) && rows < MAX_ROWS; rows += 1) {
    const button = document.querySelector(`#${prefix}-group .add-row a`);
    if (!button) break;
    button.click();
  }
  const field = findField(name);
  if (field) enter(field, entry);
}

const missing = Object.entries(stored).filter(([name, entry]) => {
  const field = findField(name);
  if (field) enter(field, entry);
  return !field;
});
// The admin adds its button for new rows once jQuery is ready.
if (missing.length) window.django?.jQuery(() => missing.forEach(([name, entry]) => enterInNewRow(name, entry)));
