/* Loads the toolbar of a comment's text box when the box is first used. */
const field = document.querySelector("[data-tools]");
const load = () => import("./toolbar.js").then(({ addToolbar }) => addToolbar(field)).catch(() => {});

if (field && field === document.activeElement) load();
else field?.addEventListener("focus", load, { once: true });
