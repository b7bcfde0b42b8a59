/* Shows the server's preview in the open page; without JavaScript the button submits the form. */
const form = document.querySelector("form#respond");

export async function submit() {
  const body = new URLSearchParams({ preview: "block", text: form.elements.text.value });
  const preview = form.querySelector(".preview");
  try {
    const response = await fetch(form.action, { method: "POST", body });
    const html = await response.text();
    if (!html.includes('class="preview"')) throw response;
    preview.outerHTML = html;
  } catch {
    preview.hidden = false;
    preview.lastElementChild.textContent = preview.dataset.away;
  }
  form.querySelector(".preview").focus();
}
