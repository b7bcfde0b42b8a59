/* A search field in the masthead in place of the link to the search page; Escape brings the link back. */
const form = document.createElement("form");
const field = document.createElement("input");
let link;

const close = () => form.replaceWith(link);

export function open(searchLink) {
  link = searchLink;
  const label = link.textContent;
  Object.assign(form, { className: "search", role: "search", action: link.href });
  Object.assign(field, { type: "search", name: "q", required: true, autocomplete: "off", dir: "auto", ariaLabel: label, placeholder: label });
  form.append(field);
  link.replaceWith(form);
  field.focus();
}

field.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.preventDefault(); // which would only empty the field
  close();
  link.focus();
});
field.addEventListener("blur", () => field.value || !form.isConnected || close());
