/* Completes allauth's passkey scripts: shows their controls in browsers that support passkeys, and explains errors. */
const line = document.getElementById("passkey-trouble");
const messages = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };

if (window.PublicKeyCredential) for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = false;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  line.textContent = "";
  const { name } = event.detail.exception;
  setTimeout(() => (line.textContent = line.dataset[messages[name] ?? "failed"]), 50); // otherwise a repeated message is announced only once
});
