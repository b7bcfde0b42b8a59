/* The last page of a login popup: reports the outcome to every open page, then closes. */
const { outcome } = document.querySelector("[data-outcome]").dataset;
try {
  const channel = new BroadcastChannel("login");
  channel.postMessage(outcome || "in");
  channel.close();
  if (outcome !== "out") close();
} catch {
  /* Where cookies are blocked there is no channel: the text on the page stays. */
}
