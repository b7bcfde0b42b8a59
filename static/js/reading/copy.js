/* Copies a text; the button and a status for screen readers say whether it worked. */
const DELAY = 4000; // milliseconds until the button has its label again

export async function copy(button, text, { copied, failed }) {
  const status = button.parentElement.querySelector("[role=status]") ?? button.parentElement.appendChild(document.createElement("span"));
  status.role = "status";
  status.className = "unseen";
  status.textContent = "";
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = copied;
    status.textContent = copied;
    setTimeout(() => (button.textContent = label), DELAY);
  } catch {
    status.className = "wrong";
    status.textContent = failed;
  }
}
