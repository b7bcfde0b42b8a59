/* Keeps what is typed: in this browser within a second, on the server every few seconds, whatever happens to either.
   Each page has a row of its own on the server. What an earlier page left in this browser goes there first, so that
   every browser offers it. */
const HERE = 800; // after a change, whether or not typing goes on
const THERE = 2500;
const STORE = "texts";
const NAMES = ["title", "deck", "body", "excerpt", "slug"];

function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("essays", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "tab" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => reject(asked.error);
  });
}

/* One transaction; it counts once it is on the disk. */
async function ask(mode, does) {
  const database = await (ask.database ??= opened());
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const asked = does(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/* What was saved, taken up or deleted; but nothing newer than what was seen then. */
async function forget(tab, number = Infinity) {
  const found = await ask("readonly", (store) => store.get(tab));
  if (found?.number <= Number(number)) await ask("readwrite", (store) => store.delete(tab));
}

/* The page before this one says behind the # what was saved or deleted. */
async function forgetSaved() {
  const [, saved, number] = location.hash.match(/^#saved-([a-z0-9]+)(?:-([0-9]+))?$/i) ?? [];
  if (!saved) return;
  await forget(saved, number);
  history.replaceState(null, "", location.pathname + location.search);
}

const forgotten = forgetSaved();
forgotten.catch(() => {}); // said by whoever waits for it

customElements.define("essay-autosave", class extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.status = this.form.querySelector(".kept");
    const { before } = this.dataset; // the page whose unsaved text this one goes on with
    this.left = []; // texts of earlier pages that the server does not have yet
    this.tab = this.form.elements.tab.value || crypto.randomUUID().replaceAll("-", "");
    this.form.elements.tab.value = this.tab;
    this.number = Math.floor(Date.now() / 1000) - 1_577_836_800; // more than any page before it had
    this.last = this.print();
    for (const type of ["input", "change", "essay-change"]) this.form.addEventListener(type, () => this.changed());
    this.form.addEventListener("submit", (event) => this.submitted(event));
    addEventListener("online", () => this.send());
    addEventListener("offline", () => { if (this.isTyped) this.isWaiting = true; this.send(); });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.isWaiting && this.send());
    addEventListener("beforeunload", (event) => { if (this.isTyped && !this.isLeaving && !this.isHere) event.preventDefault(); });
    const begun = this.begin(before).catch(() => this.say("nowhere")).then(() => { this.isBegun = true; });
    this.addEventListener("click", (event) => {
      const link = event.target.closest(".newer-texts a");
      if (!link || this.isBegun) return;
      event.preventDefault(); // what it leads to may be older than what this browser has
      begun.then(() => location.assign(link.href));
    });
  }

  /* What is saved by now is forgotten; what earlier pages left behind goes to the server. */
  async begin(before) {
    await forgotten;
    if (before) {
      await this.keepHere();
      await forget(before, this.dataset.number);
    }
    const all = await ask("readonly", (store) => store.getAll());
    this.number = Math.max(this.number, ...all.filter(({ tab }) => tab === this.tab).map(({ number }) => number + 1));
    const left = all.filter(({ tab, who, essay }) => tab !== this.tab && who === this.dataset.who && essay === this.dataset.essay);
    this.left = left.sort((a, b) => a.changed - b.changed);
    await this.bring();
  }

  /* Once the server has a text, its copy in this browser is not needed; without an answer it waits for the next. */
  async bring() {
    while (this.left.length) {
      const [{ tab, number, sent }] = this.left;
      const body = new URLSearchParams(sent);
      const extra = { tab, number, offer: this.tab, taken: this.form.elements.over.value };
      for (const [name, said] of Object.entries(extra)) body.set(name, said);
      const answer = await this.post(body);
      if (!answer) return;
      this.left.shift();
      await forget(tab, number);
      this.querySelector(".newer-texts").innerHTML = answer.offer;
    }
  }

  fields() {
    this.isReading = true;
    this.form.querySelector(".essay-editor")?.dispatchEvent(new CustomEvent("essay-flush"));
    this.isReading = false;
    const all = new FormData(this.form);
    const sent = new URLSearchParams();
    for (const name of NAMES) sent.append(name, all.get(name) ?? "");
    for (const tag of all.getAll("tags")) sent.append("tags", tag);
    for (const name of ["base", "tab", "draft", "over"]) sent.append(name, all.get(name) ?? "");
    return sent;
  }

  print() {
    return this.fields().toString();
  }

  changed() {
    if (this.isReading) return;
    this.isTyped = true;
    this.isHere = false;
    this.here ??= setTimeout(() => this.keepHere().catch(() => this.say("nowhere")), HERE);
    clearTimeout(this.there);
    const waited = Date.now() - (this.since ??= Date.now());
    this.there = setTimeout(() => this.send(), Math.max(0, Math.min(THERE, 2 * THERE - waited)));
  }

  async keepHere() {
    clearTimeout(this.here);
    this.here = undefined;
    const sent = this.print();
    this.number += 1;
    const { who, essay } = this.dataset;
    await ask("readwrite", (store) => store.put({ tab: this.tab, who, essay, number: this.number, changed: Date.now(), sent }));
    this.isHere = sent === this.print();
  }

  /* One at a time. */
  async send() {
    clearTimeout(this.there);
    this.since = undefined;
    if (this.isSending) {
      this.isAgain = true;
      return;
    }
    const sent = this.print();
    if (sent === this.last && !this.isWaiting) return;
    this.isSending = true;
    const body = new URLSearchParams(sent);
    body.set("number", (this.number += 1));
    const answer = await this.post(body);
    this.isSending = false;
    if (answer) {
      this.last = sent;
      this.say("kept", answer.behind);
    }
    if (this.isAgain) {
      this.isAgain = false;
      this.send();
    } else if (answer && this.isBegun && this.left.length) await this.bring();
  }

  /* The server's answer; without one the reason is said, and it is tried again. */
  async post(body) {
    let reason = navigator.onLine ? "away" : "offline";
    try {
      const how = { method: "POST", body, redirect: "manual", signal: AbortSignal.timeout(20_000) };
      const response = await fetch(this.dataset.address, how);
      if (response.ok) {
        this.isWaiting = this.isUnsaved = false;
        return await response.json();
      }
      if (response.type === "opaqueredirect" || [401, 403].includes(response.status)) reason = "loggedOut";
      else if (response.status < 500) reason = "refused";
    } catch {
      // no network, or a server that is away: as said
    }
    this.isWaiting = true;
    this.isUnsaved ||= this.isAsking;
    this.say(reason);
    clearTimeout(this.again);
    this.again = setTimeout(() => this.send(), 2 * THERE);
    return null;
  }

  /* The page is left only for a server that answers: first the copies, then the form itself. */
  async submitted(event) {
    if (event.submitter?.formTarget === "_blank" || this.isLeaving) return;
    event.preventDefault();
    if (this.isAsking) return;
    this.isAsking = true;
    await this.keepHere().catch(() => {});
    const answers = await this.post(this.withNumber());
    this.isAsking = false;
    if (!answers) return;
    this.isLeaving = true;
    setTimeout(() => { this.isLeaving = false; }, 10_000); // still here: it can be tried again
    this.form.requestSubmit(event.submitter);
  }

  withNumber() {
    const body = this.fields();
    body.set("number", (this.number += 1));
    return body;
  }

  say(name, more = "") {
    const language = document.documentElement.lang.replace(/^en$/, "en-GB"); // the site's own English times
    const time = new Date().toLocaleTimeString(language, { timeStyle: "short" });
    const words = (this.isUnsaved ? `${this.dataset.notSaved} ` : "") + (more || this.dataset[name].replace("{time}", time));
    if (this.said === words) return;
    this.said = words;
    this.status.textContent = `${words} `;
    this.status.classList.toggle("reason", name !== "kept" || Boolean(more));
    if (name === "loggedOut") {
      const link = document.createElement("a");
      Object.assign(link, { href: this.dataset.loginUrl, target: "_blank", rel: "noopener", textContent: this.dataset.logIn });
      this.status.append(link);
    }
  }
});
