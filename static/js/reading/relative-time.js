/* Says how long ago a comment was written, in the page's language; the moment itself stays in the title. */
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [["year", 31_556_952], ["month", 2_629_746], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

function ago(seconds) {
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ["second", Infinity];
  return relative.format(-Math.floor(seconds / length), unit);
}

export function tell(place) {
  for (const time of place.querySelectorAll(".thread time")) {
    time.title ||= time.textContent;
    time.textContent = ago((Date.now() - new Date(time.dateTime)) / 1000);
  }
}

addEventListener("pageshow", () => tell(document));
