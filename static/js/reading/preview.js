/* Shows what is typed as the server would, in the page that is open; without script the button sends the form. */
const form = document.querySelector("form#respond");

export async function act() {
  const sent = new URLSearchParams({ preview: "block", text: form.elements.text.value });
  const place = form.querySelector(".preview");
  try {
    const answer = await fetch(form.action, { method: "POST", body: sent });
    const words = await answer.text();
    if (!words.includes('class="preview"')) throw answer;
    place.outerHTML = words;
  } catch {
    place.hidden = false;
    place.lastElementChild.textContent = place.dataset.away;
  }
  form.querySelector(".preview").focus();
}
