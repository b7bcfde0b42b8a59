/* Says how much more a long comment may hold, or how much too long it is; a rounded number, so it is not said at every key. */
const MOST = 65_525; // bytes of UTF-8, as the server counts
const NEAR = 0.9;
const field = document.querySelector("form#respond").elements.text;
const line = document.createElement("p");
const numbers = new Intl.NumberFormat(document.documentElement.lang);
const encoder = new TextEncoder();

const step = (count) => (count > 1000 ? 500 : count > 200 ? 100 : count > 50 ? 50 : 10);

/* Bytes as people count them: letters, of which some take four. */
function characters(bytes, text, size) {
  const pairs = text.match(/[\ud800-\udbff]/g)?.length ?? 0;
  return (bytes * (text.length - pairs)) / size;
}

function tell() {
  const text = field.value.trim();
  const size = text.length * 3 < MOST * NEAR ? 0 : encoder.encode(text).length;
  const isOver = size > MOST;
  let words = "";
  if (size > MOST * NEAR) {
    const count = characters(Math.abs(MOST - size), text, size);
    const rounded = isOver ? Math.ceil(count / step(count)) * step(count) : Math.floor(count / step(count)) * step(count);
    const { left, full, over } = field.dataset;
    words = (isOver ? over : rounded ? left : full).replace("%s", numbers.format(rounded));
  }
  if (line.textContent !== words) line.textContent = words;
  line.className = isOver ? "wrong" : "hint below";
}

line.role = "status";
field.parentElement.append(line);
field.addEventListener("input", tell);
setTimeout(tell, 50); // words that come with their line are not read out
