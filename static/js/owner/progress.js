/* Shows how far an import, export or backup is, and reloads the page when it is done. */
const POLL_MS = 2000;
const IDS = ["run-status", "run-progress"];

async function update() {
  const response = await fetch(location, { headers: { Accept: "text/html" } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!page.querySelector("#run-status[data-unfinished]")) return location.reload();
  for (const id of IDS) {
    const [before, after] = [document.getElementById(id), page.getElementById(id)];
    if (before.innerHTML !== after.innerHTML) before.replaceChildren(...after.childNodes); // a status that is the same is not read again
  }
}

setInterval(() => {
  if (!document.hidden) update().catch(() => {});
}, POLL_MS);
