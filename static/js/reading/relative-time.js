/* Shows how long ago a comment was posted, in the page's language; the date and time stay in the title. */
const relativeFormat = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [["year", 31_556_952], ["month", 2_629_746], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

function formatAge(seconds) {
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ["second", Infinity];
  return relativeFormat.format(-Math.floor(seconds / length), unit);
}

export function showRelativeTimes(root) {
  for (const time of root.querySelectorAll(".thread time")) {
    time.title ||= time.textContent;
    time.textContent = formatAge((Date.now() - new Date(time.dateTime)) / 1000);
  }
}

addEventListener("pageshow", () => showRelativeTimes(document));
