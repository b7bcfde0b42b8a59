/* Submits the forms of a person's drawer without leaving the queue; the response is shown in the drawer. */

/* Why nothing was saved: the message of a page that denies access, which has no form, or else that the session ended. */
async function refusal(response) {
  const page = new DOMParser().parseFromString(response.status === 403 ? await response.text() : "", "text/html");
  const parts = page.querySelector("main form") ? [] : page.querySelectorAll("main h1, main h1 + p");
  const sentences = Array.from(parts, ({ textContent }) => textContent.trim().replace(/[\p{L}\p{N}]$/u, "$&."));
  return sentences.join(" ") || document.getElementById("line").dataset.loggedOut;
}

/* What was typed stays. */
function showRefusal(drawer, text) {
  const line = drawer.querySelector(":scope > .refused") ?? Object.assign(document.createElement("p"), { className: "wrong refused" });
  line.setAttribute("role", "alert");
  line.textContent = text;
  drawer.prepend(line);
  line.scrollIntoView({ block: "nearest" });
}

document.addEventListener("submit", async (event) => {
  const drawer = event.target.closest("li.row .one-person");
  if (!drawer || !event.submitter) return;
  event.preventDefault();
  const address = event.target.getAttribute("action"); // a field named "action" would hide the property
  const url = new URL(address, location);
  url.searchParams.set("form", "person");
  try {
    const response = await fetch(url, { method: "POST", body: new FormData(event.target, event.submitter) });
    const isRefused = response.status === 403 || new URL(response.url).pathname.endsWith("/login/");
    if (isRefused) return showRefusal(drawer, await refusal(response));
    const isSamePage = new URL(response.url).pathname === url.pathname;
    if (!isSamePage || ![200, 422].includes(response.status)) throw new Error(response.url);
    const container = drawer.parentElement;
    container.innerHTML = await response.text();
    container.querySelector(".said-so, .wrong")?.scrollIntoView({ block: "nearest" });
    container.focus();
  } catch (error) {
    location.assign(error.message.startsWith("http") ? error.message : address);
  }
});
