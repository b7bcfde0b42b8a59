/* Pictures in what is pasted: those written into it, files beside it, and those that stand on other sites are sent in
   and stand where they stood. */

const MOST = 50;
const PATIENCE = 12_000; // for all that other sites have to give
const TAG = /<img\b[^<>]*>/gi;
const SOURCE = /(?<![\w-])src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const SIZE = (name) => new RegExp(`(?<![\\w-])${name}\\s*=\\s*["']?([0-9]+)`, "i");
const ALIKE = 0.06; // of a picture's shape: pixels are whole
const WORDS = 200;

const sourceOf = (tag) => tag.match(SOURCE)?.slice(1).find((part) => part !== undefined) ?? "";
const nameOf = (address) => decodeURI(address.split(/[?#]/)[0].split(/[\\/]/).pop() ?? "").toLowerCase();
const isWritten = (tag) => /^data:/i.test(sourceOf(tag));
const isAway = (tag) => !/^(?:https?:)?\/\//i.test(sourceOf(tag));

/* Where it stands on another site, from which no page of ours would show it. */
function addressOf(tag) {
  if (isAway(tag)) return "";
  try {
    const address = new URL(sourceOf(tag).replaceAll("&amp;", "&"), location.href);
    return address.origin === location.origin ? "" : address.href;
  } catch {
    return "";
  }
}

function fileOf(address) {
  const [, type, data] = address.match(/^data:(image\/[\w.+-]{1,40});base64,(.*)$/is) ?? [];
  try {
    const bytes = Uint8Array.from(atob(decodeURIComponent(data).replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
    return new File([bytes], `picture.${type.split("/")[1].replace("jpeg", "jpg")}`, { type });
  } catch {
    return null; // no picture, whatever it says
  }
}

/* Some programs set a picture of everything beside the text: that one has another shape than the one in the text. */
async function isOfShape(tag, file) {
  const [width, height] = ["width", "height"].map((name) => Number(tag.match(SIZE(name))?.[1]));
  if (!width || !height) return true;
  try {
    const picture = await createImageBitmap(file);
    const ratio = picture.width / picture.height / (width / height);
    picture.close();
    return Math.abs(ratio - 1) < ALIKE;
  } catch {
    return true; // the server says what it is
  }
}

/* Which file is which: by name, or else one after the other where there are as many as places. */
async function beside(tags, files) {
  const found = new Map();
  const open = tags.filter((tag) => !isWritten(tag.words));
  for (const tag of open) {
    const file = files.find(({ name }) => name && name.toLowerCase() === nameOf(sourceOf(tag.words)));
    if (file) found.set(tag, file);
  }
  if (found.size) return found;
  for (const some of [open.filter(({ words }) => isAway(words)), open]) {
    if (!some.length || some.length !== files.length) continue;
    for (const [index, tag] of some.entries()) if (await isOfShape(tag.words, files[index])) found.set(tag, files[index]);
    return found;
  }
  return found;
}

/* What stands in the text for each picture until it has an address. */
export async function taken(html, files, keep) {
  const sign = `https://${crypto.randomUUID()}.invalid/`;
  const tags = [...html.matchAll(TAG)].map((found) => ({ words: found[0], at: found.index }));
  const others = tags.length && files.length ? await beside(tags, files) : new Map();
  const sent = [];
  let [written, position] = ["", 0];
  for (const tag of tags) {
    const file = isWritten(tag.words) ? fileOf(sourceOf(tag.words)) : others.get(tag);
    const address = file ? "" : addressOf(tag.words);
    const isOne = (file || address) && sent.length < MOST;
    if (!isOne && !isWritten(tag.words)) continue;
    // what cannot be had is told by the server, by its words
    const words = tag.words.replace(SOURCE, () => `src="${isOne ? sign + sent.length : "data:,"}"`);
    if (isOne) sent.push({ source: file ? { file } : { address }, words });
    written += html.slice(position, tag.at) + words;
    position = tag.at + tag.words.length;
  }
  return { html: written + html.slice(position), sign, kept: () => all(sent, keep) };
}

/* One after the other: a server has one door for pictures. */
async function all(sent, keep) {
  const kept = [];
  const until = Date.now() + PATIENCE;
  for (const { source, words } of sent) {
    const [image] = new DOMParser().parseFromString(words, "text/html").images;
    const isLate = source.address && Date.now() > until;
    kept.push(isLate ? {} : await keep(source, image?.alt.slice(0, WORDS) ?? ""));
  }
  return kept;
}

/* The same text with what was kept, at its place; says why the others are not. */
export function placed(html, sign, kept) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const missing = new Set();
  for (const image of body.querySelectorAll(`img:not([src^="${sign}"])`)) {
    if (image.getAttribute("src")?.startsWith("/media/")) continue;
    missing.add("");
    image.remove(); // only pictures that are on this site are kept
  }
  for (const image of body.querySelectorAll(`img[src^="${sign}"]`)) {
    const told = kept[Number(image.getAttribute("src").slice(sign.length))];
    if (!told?.src) {
      if (kept.length) missing.add(told?.error ?? "");
      image.remove();
      continue;
    }
    image.setAttribute("src", told.src);
    image.setAttribute("width", told.width);
    image.setAttribute("height", told.height);
    const holder = image.parentElement;
    if (holder.localName === "p" && holder.parentElement === body && holder.childNodes.length === 1) {
      const figure = document.createElement("figure");
      holder.replaceWith(figure);
      figure.append(image);
    }
  }
  return { html: body.innerHTML, missing: [...missing] };
}
