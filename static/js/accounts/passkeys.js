/* Round allauth's scripts for passkeys: shows what needs them where a browser can, and says in words what went wrong. */
const line = document.getElementById("passkey-trouble");
const words = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };

if (window.PublicKeyCredential) for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = false;

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  line.textContent = "";
  const { name } = event.detail.exception;
  setTimeout(() => (line.textContent = line.dataset[words[name] ?? "failed"]), 50); // else the same words twice are heard once
});
