/* Updates the progress of a batch while it runs. */
async function refresh() {
  const response = await fetch(location.href).catch(() => null);
  if (response?.ok && !response.redirected) {
    const updated = new DOMParser().parseFromString(await response.text(), "text/html").getElementById("batch");
    if (updated) document.getElementById("batch").replaceWith(updated);
  }
  if (document.querySelector("[data-running]")) setTimeout(refresh, 1500);
}

setTimeout(refresh, 1000);
