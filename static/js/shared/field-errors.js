/* Removes a field's error when its value is valid, as far as a browser can tell; the server decides on submit. */
const errorsOf = (part) => {
  const ids = part?.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)).filter((each) => each?.matches(".wrong"));
};

/* Like the server: a host has a dot, and https:// may be missing. */
function isUrl(text) {
  try {
    return /[^.]\.[^.]/.test(new URL(/^https?:/i.test(text) ? text : `https://${text}`).hostname);
  } catch {
    return false;
  }
}

function isValid({ type, value, required, validity, inputMode, parentElement }) {
  const text = value.trim();
  if (!validity.valid || (required && !text) || parentElement.querySelector(".wrong[role=status]")) return false;
  if (text && type === "email") return /@[^@\s]+\.[^@\s.]+$/.test(text);
  return !text || inputMode !== "url" || isUrl(text);
}

function clearErrors(part, errors) {
  const removed = errors.map(({ id }) => id);
  const remaining = part.getAttribute("aria-describedby").split(" ").filter((id) => !removed.includes(id));
  remaining.length ? part.setAttribute("aria-describedby", remaining.join(" ")) : part.removeAttribute("aria-describedby");
  part.removeAttribute("aria-invalid");
  for (const error of errors) error.remove();
  const summary = part.form?.querySelector(".errors:has(li)");
  for (const link of summary?.querySelectorAll(`a[href="#${part.id}"]`) ?? []) link.closest("li").remove();
  if (summary && !summary.querySelector("li")) summary.remove();
}

addEventListener("input", ({ target: field }) => {
  for (const part of [field, field.closest("fieldset")]) {
    const errors = errorsOf(part);
    if (errors.length && isValid(field)) clearErrors(part, errors);
  }
});
