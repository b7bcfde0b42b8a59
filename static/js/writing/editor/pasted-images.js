/* Images in pasted HTML: data URLs, files on the clipboard beside it, and images of other sites are uploaded and put
   where they were. */

const MAX_IMAGES = 50;
const TIMEOUT_MS = 12_000; // for all images of other sites together
const TAG = /<img\b[^<>]*>/gi;
const SOURCE = /(?<![\w-])src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i;
const SIZE = (name) => new RegExp(`(?<![\\w-])${name}\\s*=\\s*["']?([0-9]+)`, "i");
const TOLERANCE = 0.06; // of an aspect ratio, because pixels are whole
const MAX_ALT = 200;

const sourceOf = (tag) => tag.match(SOURCE)?.slice(1).find((part) => part !== undefined) ?? "";
const nameOf = (address) => decodeURI(address.split(/[?#]/)[0].split(/[\\/]/).pop() ?? "").toLowerCase();
const isDataUrl = (tag) => /^data:/i.test(sourceOf(tag));
const isLocal = (tag) => !/^(?:https?:)?\/\//i.test(sourceOf(tag));

/* The address of an image on another site, from which our pages may not show it. */
function remoteUrl(tag) {
  if (isLocal(tag)) return "";
  try {
    const address = new URL(sourceOf(tag).replaceAll("&amp;", "&"), location.href);
    return address.origin === location.origin ? "" : address.href;
  } catch {
    return "";
  }
}

function fileFromDataUrl(address) {
  const [, type, data] = address.match(/^data:(image\/[\w.+-]{1,40});base64,(.*)$/is) ?? [];
  try {
    const bytes = Uint8Array.from(atob(decodeURIComponent(data).replace(/\s/g, "")), (char) => char.charCodeAt(0));
    return new File([bytes], `picture.${type.split("/")[1].replace("jpeg", "jpg")}`, { type });
  } catch {
    return null; // not an image, whatever it claims
  }
}

/* Some programs add an image of the whole selection; its aspect ratio differs from that of the image in the text. */
async function hasShape(tag, file) {
  const [width, height] = ["width", "height"].map((name) => Number(tag.match(SIZE(name))?.[1]));
  if (!width || !height) return true;
  try {
    const bitmap = await createImageBitmap(file);
    const ratio = bitmap.width / bitmap.height / (width / height);
    bitmap.close();
    return Math.abs(ratio - 1) < TOLERANCE;
  } catch {
    return true; // the server decides
  }
}

/* Match files to image tags: by name, or in order if there are as many files as tags. */
async function matchFiles(tags, files) {
  const matches = new Map();
  const candidates = tags.filter((tag) => !isDataUrl(tag.markup));
  for (const tag of candidates) {
    const file = files.find(({ name }) => name && name.toLowerCase() === nameOf(sourceOf(tag.markup)));
    if (file) matches.set(tag, file);
  }
  if (matches.size) return matches;
  for (const group of [candidates.filter(({ markup }) => isLocal(markup)), candidates]) {
    if (!group.length || group.length !== files.length) continue;
    for (const [index, tag] of group.entries()) if (await hasShape(tag.markup, files[index])) matches.set(tag, files[index]);
    return matches;
  }
  return matches;
}

/* Replace each image's source by a placeholder until it is uploaded. */
export async function extractImages(html, files, upload) {
  const prefix = `https://${crypto.randomUUID()}.invalid/`;
  const tags = [...html.matchAll(TAG)].map(({ 0: markup, index }) => ({ markup, at: index }));
  const matched = tags.length && files.length ? await matchFiles(tags, files) : new Map();
  const uploads = [];
  let [output, position] = ["", 0];
  for (const tag of tags) {
    const file = isDataUrl(tag.markup) ? fileFromDataUrl(sourceOf(tag.markup)) : matched.get(tag);
    const address = file ? "" : remoteUrl(tag.markup);
    const isUploaded = (file || address) && uploads.length < MAX_IMAGES;
    if (!isUploaded && !isDataUrl(tag.markup)) continue;
    // the server reports images that can't be fetched, by their alternative text
    const markup = tag.markup.replace(SOURCE, () => `src="${isUploaded ? prefix + uploads.length : "data:,"}"`);
    if (isUploaded) uploads.push({ source: file ? { file } : { address }, markup });
    output += html.slice(position, tag.at) + markup;
    position = tag.at + tag.markup.length;
  }
  return { html: output + html.slice(position), prefix, upload: () => uploadAll(uploads, upload) };
}

/* Upload one after the other: the server accepts one image at a time. */
async function uploadAll(uploads, upload) {
  const results = [];
  const deadline = Date.now() + TIMEOUT_MS;
  for (const { source, markup } of uploads) {
    const [image] = new DOMParser().parseFromString(markup, "text/html").images;
    const isLate = source.address && Date.now() > deadline;
    results.push(isLate ? {} : await upload(source, image?.alt.slice(0, MAX_ALT) ?? ""));
  }
  return results;
}

/* The HTML with the uploaded images in place, and why others are missing. */
export function placeImages(html, prefix, results) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  const missing = new Set();
  for (const image of body.querySelectorAll(`img:not([src^="${prefix}"])`)) {
    if (image.getAttribute("src")?.startsWith("/media/")) continue;
    missing.add("");
    image.remove(); // only images stored on this site are kept
  }
  for (const image of body.querySelectorAll(`img[src^="${prefix}"]`)) {
    const result = results[Number(image.getAttribute("src").slice(prefix.length))];
    if (!result?.src) {
      if (results.length) missing.add(result?.error ?? "");
      image.remove();
      continue;
    }
    image.setAttribute("src", result.src);
    image.setAttribute("width", result.width);
    image.setAttribute("height", result.height);
    const paragraph = image.parentElement;
    if (paragraph.localName === "p" && paragraph.parentElement === body && paragraph.childNodes.length === 1) {
      const figure = document.createElement("figure");
      paragraph.replaceWith(figure);
      figure.append(image);
    }
  }
  return { html: body.innerHTML, missing: [...missing] };
}
