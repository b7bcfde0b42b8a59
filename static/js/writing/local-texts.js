/* Texts of essays that this browser keeps until they are saved: one for each page in which they were typed. */
const STORE = "texts";

function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open("essays", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "tab" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = request.onblocked = () => reject(request.error);
  });
}

/* Run one transaction, and resolve when it is on disk. */
export async function transact(mode, operation) {
  const database = await (transact.database ??= openDatabase());
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const request = operation(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

/* Delete a text that was saved, continued or deleted, unless it is newer than `number`. */
export async function deleteLocal(tab, number = Infinity) {
  const found = await transact("readonly", (store) => store.get(tab));
  if (found?.number <= Number(number)) await transact("readwrite", (store) => store.delete(tab));
}

/* The texts of an author's essay, oldest first. */
export async function findTexts({ who, essay }) {
  const all = await transact("readonly", (store) => store.getAll());
  return all.filter((each) => each.who === who && each.essay === essay).sort((a, b) => a.changed - b.changed);
}

/* The data with which a page sends a text of an earlier page. */
export function leftData({ tab, number, sent, changed }, offer, taken) {
  const body = new URLSearchParams(sent);
  const age = Math.max(0, Math.round((Date.now() - changed) / 1000));
  for (const [name, value] of Object.entries({ tab, number, age, offer, taken })) body.set(name, value);
  return body;
}

/* The previous page puts into the fragment what was saved or deleted. */
async function deleteSaved() {
  const [, saved, number] = location.hash.match(/^#saved-([a-z0-9]+)(?:-([0-9]+))?$/i) ?? [];
  if (!saved) return;
  await deleteLocal(saved, number);
  history.replaceState(null, "", location.pathname + location.search);
}

export const savedDeleted = deleteSaved();
savedDeleted.catch(() => {}); // reported where it is awaited
