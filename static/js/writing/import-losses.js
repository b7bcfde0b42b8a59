/* Dismisses the list of what was lost in an import, without leaving the form. */

const button = document.querySelector(".dismisses-losses");

button.addEventListener("click", async (event) => {
  if (button.dataset.failed !== undefined) return; // the form sends it
  event.preventDefault();
  button.disabled = true;
  const answer = await fetch(button.formAction, { method: "POST", redirect: "manual" }).catch(() => ({ status: 0 }));
  if (answer.status === 204) {
    button.closest(".import-losses").remove();
    document.querySelector(".editor-text")?.focus();
    return;
  }
  button.disabled = false;
  button.dataset.failed = "";
  button.click();
});
