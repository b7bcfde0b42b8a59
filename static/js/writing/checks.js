/* Checks of an essay, requested from the server again when typing pauses. */

const PAUSE_MS = 1500;
const panel = document.querySelector(".essay-checks");
const field = (name) => document.querySelector(`#id_${name}`);
let timer;
let last = "";
let body = null;

function createItem({ words, where }) {
  const row = document.createElement("li");
  row.textContent = words;
  if (where) {
    const quoted = document.createElement("q");
    quoted.textContent = where;
    row.append(" ", quoted);
  }
  return row;
}

async function check() {
  const data = new FormData();
  data.append("title", field("title").value);
  data.append("excerpt", field("excerpt").value);
  data.append("body", body ?? field("body").value);
  const snapshot = JSON.stringify([...data]);
  if (snapshot === last) return;
  last = snapshot;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  let findings;
  try {
    const response = await fetch(panel.dataset.check, { method: "POST", body: data, headers: { "X-CSRFToken": token } });
    findings = (await response.json()).findings;
  } catch {
    last = ""; // no network, or logged out: keep the old findings and try at the next pause
    return;
  }
  if (snapshot !== last) return;
  panel.querySelector("ul").replaceChildren(...findings.map(createItem));
  panel.querySelector("[data-part=none]").hidden = findings.length > 0;
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE_MS);
}

if (field("body")) {
  document.addEventListener("essay-change", (event) => {
    body = event.detail.html;
    schedule();
  });
  for (const name of ["title", "excerpt", "body"]) field(name).addEventListener("input", schedule);
}
