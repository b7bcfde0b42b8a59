/* The checks beside an essay: asked of the server again when what was written has rested for a moment. */

const REST = 1500;
const panel = document.querySelector(".essay-checks");
const field = (name) => document.querySelector(`#id_${name}`);
let timer;
let last = "";
let body = null;

function item({ words, where }) {
  const row = document.createElement("li");
  row.textContent = words;
  if (where) {
    const quoted = document.createElement("q");
    quoted.textContent = where;
    row.append(" ", quoted);
  }
  return row;
}

async function look() {
  const asked = new FormData();
  asked.append("title", field("title").value);
  asked.append("excerpt", field("excerpt").value);
  asked.append("body", body ?? field("body").value);
  const written = JSON.stringify([...asked]);
  if (written === last) return;
  last = written;
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  let found;
  try {
    const answer = await fetch(panel.dataset.check, { method: "POST", body: asked, headers: { "X-CSRFToken": token } });
    found = (await answer.json()).findings;
  } catch {
    last = ""; // away, or logged out: what stands there stays, and the next pause asks again
    return;
  }
  if (written !== last) return;
  panel.querySelector("ul").replaceChildren(...found.map(item));
  panel.querySelector("[data-part=none]").hidden = found.length > 0;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(look, REST);
}

if (field("body")) {
  document.addEventListener("essay-change", (event) => {
    body = event.detail.html;
    later();
  });
  for (const name of ["title", "excerpt", "body"]) field(name).addEventListener("input", later);
}
