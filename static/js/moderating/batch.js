/* How far a job is, while it runs. */
async function refresh() {
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("batch");
    if (fresh) document.getElementById("batch").replaceWith(fresh);
  }
  if (document.querySelector("[data-running]")) setTimeout(refresh, 1500);
}

setTimeout(refresh, 1000);
