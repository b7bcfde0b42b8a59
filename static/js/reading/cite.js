/* Opens the citations below the link to their page, and shows their formats as tabs. */
import { copy } from "./copy.js";

let loading; // the panel, once asked for

async function load(link) {
  const response = await fetch(link);
  if (!response.ok) throw new Error(response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const panel = page.querySelector(".citations");
  addTabs(panel);
  link.closest(".acts").after(panel);
  return panel;
}

export async function toggle(link) {
  const isNew = !loading;
  loading ??= load(link);
  const panel = await loading;
  if (!isNew) panel.hidden = !panel.hidden;
  link.ariaExpanded = String(!panel.hidden);
}

function addTabs(panel) {
  const sections = [...panel.querySelectorAll("section")];
  const row = document.createElement("div");
  const list = document.createElement("div");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "word", textContent: panel.dataset.copy });
  row.className = "formats";
  list.role = "tablist";
  list.ariaLabel = panel.dataset.formats;
  const tabs = sections.map((section, index) => {
    const heading = section.querySelector("h2");
    const tab = Object.assign(document.createElement("button"), { type: "button", className: "word", role: "tab", id: `citation-tab-${index}` });
    tab.textContent = heading.textContent;
    section.id = `citation-${index}`;
    section.role = "tabpanel";
    section.setAttribute("aria-labelledby", tab.id);
    tab.setAttribute("aria-controls", section.id);
    heading.remove();
    return tab;
  });
  const select = (chosen) => {
    for (const [index, tab] of tabs.entries()) {
      tab.ariaSelected = String(tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      sections[index].hidden = tab !== chosen;
    }
  };
  list.addEventListener("click", ({ target }) => tabs.includes(target) && select(target));
  list.addEventListener("keydown", (event) => {
    const forward = getComputedStyle(list).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const backward = forward === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const index = tabs.indexOf(event.target);
    const next = { [forward]: index + 1, [backward]: index - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = tabs.at(next % tabs.length);
    select(tab);
    tab.focus();
  });
  button.addEventListener("click", () => {
    const shown = sections.find((section) => !section.hidden);
    copy(button, shown.querySelector(".citation").textContent, panel.dataset);
  });
  list.append(...tabs);
  row.append(list, button);
  panel.prepend(row);
  select(tabs[0]);
}
