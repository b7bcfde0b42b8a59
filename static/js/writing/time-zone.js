/* Beside a list of time zones: the one this browser lives in, a click away. */

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

for (const list of document.querySelectorAll("select[data-browser-zone]")) {
  const isThere = [...list.options].some(({ value }) => value === own);
  if (!isThere || list.value === own) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "browser-zone";
  button.textContent = list.dataset.browserZone.replace("%s", own);
  button.addEventListener("click", () => {
    list.value = own;
    list.dispatchEvent(new Event("change", { bubbles: true }));
    list.focus();
    button.remove();
  });
  list.after(button);
}
