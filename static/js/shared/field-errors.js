/* Takes an error away once its field is right, as far as a browser can tell. The server decides when the form is sent. */
const errorsOf = (part) => {
  const ids = part?.getAttribute("aria-describedby")?.split(" ") ?? [];
  return ids.map((id) => document.getElementById(id)).filter((each) => each?.matches(".wrong"));
};

/* As the server: a host has a dot, and https:// may be left out. */
function isAddress(text) {
  try {
    return /[^.]\.[^.]/.test(new URL(/^https?:/i.test(text) ? text : `https://${text}`).hostname);
  } catch {
    return false;
  }
}

function isRight({ type, value, required, validity, inputMode, parentElement }) {
  const text = value.trim();
  if (!validity.valid || (required && !text) || parentElement.querySelector(".wrong[role=status]")) return false;
  if (text && type === "email") return /@[^@\s]+\.[^@\s.]+$/.test(text);
  return !text || inputMode !== "url" || isAddress(text);
}

function forgive(part, errors) {
  const gone = errors.map(({ id }) => id);
  const rest = part.getAttribute("aria-describedby").split(" ").filter((id) => !gone.includes(id));
  rest.length ? part.setAttribute("aria-describedby", rest.join(" ")) : part.removeAttribute("aria-describedby");
  part.removeAttribute("aria-invalid");
  for (const error of errors) error.remove();
  const summary = part.form?.querySelector(".errors:has(li)");
  for (const link of summary?.querySelectorAll(`a[href="#${part.id}"]`) ?? []) link.closest("li").remove();
  if (summary && !summary.querySelector("li")) summary.remove();
}

addEventListener("input", ({ target: field }) => {
  for (const part of [field, field.closest("fieldset")]) {
    const errors = errorsOf(part);
    if (errors.length && isRight(field)) forgive(part, errors);
  }
});
