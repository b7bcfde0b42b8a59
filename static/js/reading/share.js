/* Shares an essay's link with the browser's share dialog, or copies it where there is none. */
import { copy } from "./copy.js";

export async function share(button) {
  const { share: url, title } = button.dataset;
  if (!navigator.share) return copy(button, url, button.dataset);
  try {
    await navigator.share({ title, url });
  } catch (error) {
    if (error.name !== "AbortError") return copy(button, url, button.dataset); // AbortError: the reader closed the dialog
  }
}
