/* Shows how many characters a long comment has left, or how many it is over the limit; rounded, so that screen
   readers don't announce every key press. */
const MAX_BYTES = 65_525; // bytes of UTF-8, the server's limit
const WARN_FROM = 0.9;
const field = document.querySelector("form#respond").elements.text;
const status = document.createElement("p");
const numberFormat = new Intl.NumberFormat(document.documentElement.lang);
const encoder = new TextEncoder();

const precision = (count) => (count > 1000 ? 500 : count > 200 ? 100 : count > 50 ? 50 : 10);

/* Convert bytes to characters, at this text's average size of a character. */
function toCharacters(bytes, text, byteCount) {
  const pairs = text.match(/[\ud800-\udbff]/g)?.length ?? 0;
  return (bytes * (text.length - pairs)) / byteCount;
}

function update() {
  const text = field.value.trim();
  const byteCount = text.length * 3 < MAX_BYTES * WARN_FROM ? 0 : encoder.encode(text).length;
  const isOver = byteCount > MAX_BYTES;
  let message = "";
  if (byteCount > MAX_BYTES * WARN_FROM) {
    const count = toCharacters(Math.abs(MAX_BYTES - byteCount), text, byteCount);
    const rounded = isOver ? Math.ceil(count / precision(count)) * precision(count) : Math.floor(count / precision(count)) * precision(count);
    const { left, full, over } = field.dataset;
    message = (isOver ? over : rounded ? left : full).replace("%s", numberFormat.format(rounded));
  }
  if (status.textContent !== message) status.textContent = message;
  status.className = isOver ? "wrong" : "hint below";
}

status.role = "status";
field.parentElement.append(status);
field.addEventListener("input", update);
setTimeout(update, 50); // screen readers skip text that is inserted together with its live region
