/* Adds a button beside a list of time zones that selects the browser's own zone. */

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const list of document.querySelectorAll("select[data-browser-zone]")) {
  const isListed = [...list.options].some(({ value }) => value === browserZone);
  if (!isListed || list.value === browserZone) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "browser-zone";
  button.textContent = list.dataset.browserZone.replace("%s", browserZone);
  button.addEventListener("click", () => {
    list.value = browserZone;
    list.dispatchEvent(new Event("change", { bubbles: true }));
    list.focus();
    button.remove();
  });
  list.after(button);
}
