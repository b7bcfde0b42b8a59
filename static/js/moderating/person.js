/* Submits the forms of a person's drawer without leaving the queue; the response is shown in the drawer. */
const isLoggedOut = (response) => response.status === 403 || new URL(response.url).pathname.endsWith("/login/");

/* Nothing is sent, so that what was typed stays. */
function showLoggedOut(drawer) {
  const line = drawer.querySelector(":scope > .logged-out") ?? Object.assign(document.createElement("p"), { className: "wrong logged-out" });
  line.setAttribute("role", "alert");
  line.textContent = document.getElementById("line").dataset.loggedOut;
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
    if (isLoggedOut(response)) return showLoggedOut(drawer);
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
