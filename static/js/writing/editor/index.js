/* The editor of an essay, over a text area that works without it.

   What other scripts of the page may rely on; everything happens on the element `.essay-editor`:

   heard from it (CustomEvents that bubble)
     essay-ready                          the editor stands
     essay-change  {html}                 what was written changed; at most about three times a second
     essay-files   {files, position}      picture files were dropped or pasted; whoever takes them says preventDefault
   said to it
     insert-figure {src, alt, caption, width, height, wide, position}
                                          a figure at `position`, else at the cursor; what is left out stays out
     essay-replace {html}                 the whole text, in one step that can be undone
     essay-flush                          write what is there into the text area now (a form that is sent does so itself)

   The text area holds the HTML at every essay-change, and is left untouched until somebody changes something. */

import { start } from "./start.js";

for (const place of document.querySelectorAll(".essay-editor")) start(place);
