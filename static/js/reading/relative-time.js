/* Shows how long ago a comment was posted, in the page's language, to the minute; the date and time stay in
   the title. */
const units = [["year", 31_556_952], ["month", 2_629_746], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
const thread = document.querySelector(".thread");
let relativeFormat;

function formatAge(seconds) {
  const [unit, length] = units.find(([, length]) => seconds >= length) ?? ["second", Infinity];
  relativeFormat ??= new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
  return relativeFormat.format(-Math.floor(seconds / length), unit);
}

export function showRelativeTimes(root) {
  for (const time of root.querySelectorAll(".thread time")) {
    time.title ||= time.textContent;
    time.textContent = formatAge((Date.now() - new Date(time.dateTime)) / 1000);
  }
}

/* When the thread is about to be seen, not while the page opens: the first format takes a phone a tenth of a second. */
const whenNear = ([{ isIntersecting }]) => isIntersecting && showRelativeTimes(document);
if (thread) new IntersectionObserver(whenNear, { rootMargin: "100%" }).observe(thread);
addEventListener("pageshow", ({ persisted }) => persisted && showRelativeTimes(document));
