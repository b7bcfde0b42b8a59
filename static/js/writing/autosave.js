/* Saves what is typed: in this browser within a second, on the server every few seconds. Each page has its own draft
   row on the server. What an earlier page left in this browser is sent there first, so that every browser offers it. */
import { deleteLocal, findTexts, leftData, savedDeleted, transact } from "./local-texts.js";
import { changedSettings } from "./unsaved-settings.js";

const LOCAL_DELAY_MS = 800; // after a change, even if typing continues
const SERVER_DELAY_MS = 2500;
const FIELDS = ["title", "deck", "body", "excerpt", "slug", "tags"];

const isSame = (one, other) => [...FIELDS, "settings"].every((name) => one.get(name) === other.get(name));

customElements.define("essay-autosave", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.form.autocomplete = "off"; // the browser's Back button would put an older text into a form of the newest version
    this.status = document.querySelector(".kept") ?? document.createElement("p"); // a popup has none
    const { before } = this.dataset; // the page whose unsaved text this one continues
    this.left = []; // texts of earlier pages that the server does not have yet
    this.tab = this.form.elements.tab.value || crypto.randomUUID().replaceAll("-", "");
    this.form.elements.tab.value = this.tab;
    this.number = Math.floor(Date.now() / 1000) - 1_577_836_800; // higher than that of any earlier page
    this.lastSent = this.serialize();
    for (const type of ["input", "change", "essay-change"]) this.form.addEventListener(type, () => this.onChange());
    window.django?.jQuery(this.form).on("select2:select select2:clear", () => this.onChange()); // no events of the DOM
    this.form.addEventListener("submit", (event) => this.onSubmit(event));
    addEventListener("online", () => this.send());
    addEventListener("offline", () => { if (this.isTyped) this.isWaiting = true; this.send(); });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.isWaiting && this.send());
    addEventListener("beforeunload", (event) => { if (this.isTyped && !this.isLeaving && !this.isStoredLocally) event.preventDefault(); });
    this.started = this.start(before).catch(() => this.showStatus("nowhere")).then(() => { this.isStarted = true; });
    this.addEventListener("click", (event) => {
      const link = event.target.closest(".newer-texts a");
      if (!link || this.isStarted) return;
      event.preventDefault(); // the text it opens may be older than this browser's
      this.started.then(() => location.assign(link.href));
    });
  }

  /* Delete what has been saved, and send what earlier pages left behind to the server. */
  async start(before) {
    await savedDeleted;
    if (before) {
      await this.saveLocally();
      await deleteLocal(before, this.dataset.number);
    }
    const all = await findTexts(this.dataset);
    this.number = Math.max(this.number, ...all.filter(({ tab }) => tab === this.tab).map(({ number }) => number + 1));
    this.left = all.filter(({ tab }) => tab !== this.tab);
    await this.sendLeft();
  }

  /* Send texts of earlier pages. Each is deleted here once the server has it; on failure they wait for the next
     send(). */
  async sendLeft() {
    let hasNewest = false;
    while (this.left.length) {
      const [text] = this.left;
      const answer = await this.post(leftData(text, this.tab, this.form.elements.over.value));
      if (!answer) return;
      this.left.shift();
      await deleteLocal(text.tab, text.number);
      this.querySelector(".newer-texts").innerHTML = answer.offer;
      hasNewest = answer.opens && !isSame(new URLSearchParams(text.sent), this.fields());
    }
    const isPublishing = new URLSearchParams(location.search).has("publish"); // an older text
    if (!hasNewest || this.isTyped || (location.search && !isPublishing)) return;
    this.isReloading = true; // the form opens with the newest text
    this.form.inert = true; // what is typed from now on would be lost
    await deleteLocal(this.tab).catch(() => {}); // a copy of an older text
    if (isPublishing) location.replace(location.pathname);
    else location.reload();
  }

  fields() {
    this.isFlushing = true;
    this.form.querySelector(".essay-editor")?.dispatchEvent(new CustomEvent("essay-flush"));
    this.isFlushing = false;
    const all = new FormData(this.form);
    const sent = new URLSearchParams();
    for (const name of FIELDS) sent.append(name, all.get(name) ?? "");
    for (const name of ["base", "tab", "draft", "over"]) sent.append(name, all.get(name) ?? "");
    const settings = changedSettings();
    if (settings) sent.append("settings", settings);
    return sent;
  }

  serialize() {
    return this.fields().toString();
  }

  onChange() {
    if (this.isFlushing) return;
    this.isTyped = true;
    this.isStoredLocally = false;
    this.localTimer ??= setTimeout(() => this.saveLocally().catch(() => this.showStatus("nowhere")), LOCAL_DELAY_MS);
    clearTimeout(this.serverTimer);
    const waited = Date.now() - (this.firstChange ??= Date.now());
    this.serverTimer = setTimeout(() => this.send(), Math.max(0, Math.min(SERVER_DELAY_MS, 2 * SERVER_DELAY_MS - waited)));
  }

  async saveLocally() {
    clearTimeout(this.localTimer);
    this.localTimer = undefined;
    const sent = this.serialize();
    this.number += 1;
    const { who, essay, typed } = this.dataset;
    const changed = this.isTyped || !typed ? Date.now() : Date.parse(typed);
    await transact("readwrite", (store) => store.put({ tab: this.tab, who, essay, number: this.number, changed, sent }));
    this.isStoredLocally = sent === this.serialize();
  }

  /* Send the current text, one request at a time. */
  async send() {
    clearTimeout(this.serverTimer);
    this.firstChange = undefined;
    if (this.isSubmitting) return; // it sends the text itself
    if (this.isSending) {
      this.mustResend = true;
      return;
    }
    const sent = this.serialize();
    if (sent === this.lastSent && !this.isWaiting) return;
    this.isSending = true;
    const body = new URLSearchParams(sent);
    body.set("number", (this.number += 1));
    const answer = await this.post(body);
    this.isSending = false;
    if (answer) {
      this.lastSent = sent;
      this.showStatus("kept", answer.behind, answer.time);
      if (answer.draft && !location.search) history.replaceState(null, "", `?draft=${answer.draft}`); // reloading opens it
    }
    if (this.mustResend) {
      this.mustResend = false;
      this.send();
    } else if (answer && this.isStarted && this.left.length) await this.sendLeft();
  }

  /* Post, and return the server's answer; on failure show the reason, retry later, and return null. */
  async post(body) {
    let reason = navigator.onLine ? "away" : "offline";
    try {
      const options = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(20_000) };
      const response = await fetch(this.dataset.address, options);
      if (response.ok) {
        this.isWaiting = this.isUnsaved = false;
        return await response.json();
      }
      if (response.type === "opaqueredirect") reason = "loggedOut";
      else if (response.status < 500) reason = "refused";
    } catch {
      // no network, or no server: `reason` says so
    }
    this.isWaiting = true;
    this.isUnsaved ||= this.isSubmitting;
    this.showStatus(reason);
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.send(), 2 * SERVER_DELAY_MS);
    return null;
  }

  /* Leave the page only if the server answers: first save the text here and there, then submit the form. The page that
     comes deletes the copy here, unless more was typed before it came. */
  async onSubmit(event) {
    if (event.submitter?.formTarget === "_blank" || this.isLeaving) return;
    event.preventDefault();
    if (this.isSubmitting) return;
    this.isSubmitting = true;
    await this.started; // a newer text of an earlier page opens first
    if (this.isReloading) return;
    await this.saveLocally().catch(() => {});
    const body = this.fields();
    const sent = body.toString();
    body.set("number", (this.number += 1));
    const { number } = this;
    const answer = await this.post(body);
    this.isSubmitting = false;
    if (!answer) return;
    this.lastSent = sent; // so that only what is typed while the page is left is sent again
    this.form.elements.number.value = number;
    this.isLeaving = true;
    setTimeout(() => { this.isLeaving = false; }, 10_000); // still on this page: allow another try
    this.form.requestSubmit(event.submitter);
  }

  showStatus(name, detail = "", time = "") {
    const message = (this.isUnsaved ? `${this.dataset.notSaved} ` : "") + (detail || this.dataset[name].replace("{time}", time));
    if (this.shown === message) return;
    this.shown = message;
    this.status.textContent = `${message} `;
    this.status.classList.toggle("reason", name !== "kept" || Boolean(detail));
    if (name === "loggedOut") {
      const link = document.createElement("a");
      Object.assign(link, { href: this.dataset.loginUrl, target: "_blank", rel: "noopener", textContent: this.dataset.logIn });
      this.status.append(link);
    }
  }
});
