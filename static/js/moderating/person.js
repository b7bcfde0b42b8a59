/* What is sent from a person's drawer is answered in the drawer. */
document.addEventListener("submit", async (event) => {
  const drawer = event.target.closest("li.row .one-person");
  if (!drawer || !event.submitter) return;
  event.preventDefault();
  const address = event.target.getAttribute("action"); // a button of that name hides the property
  const url = new URL(address, location);
  url.searchParams.set("form", "person");
  try {
    const answer = await fetch(url, { method: "POST", body: new FormData(event.target, event.submitter) });
    const isHere = new URL(answer.url).pathname === url.pathname;
    if (!isHere || ![200, 422].includes(answer.status)) throw new Error(answer.url);
    const place = drawer.parentElement;
    place.innerHTML = await answer.text();
    place.querySelector(".said-so, .wrong")?.scrollIntoView({ block: "nearest" });
    place.focus();
  } catch (error) {
    location.assign(error.message.startsWith("http") ? error.message : address);
  }
});
