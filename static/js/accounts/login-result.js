/* The last page of a log-in window: tells every open page how it ended, then closes. */
const { outcome } = document.querySelector("[data-outcome]").dataset;
try {
  const channel = new BroadcastChannel("login");
  channel.postMessage(outcome || "in");
  channel.close();
  if (outcome !== "out") close();
} catch {
  /* Where cookies are refused there is no channel: the words on the page stay. */
}
