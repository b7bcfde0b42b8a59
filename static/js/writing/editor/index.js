/* The editor of an essay, over a text area that works without it.

   Public events, all on the element `.essay-editor`:

   dispatched by the editor (CustomEvents that bubble)
     essay-ready                               the editor is usable
     essay-change       {html}                 the text changed; about three times a second at most
     essay-image-files  {files, position}      image files were dropped or pasted; a listener that handles them calls
                                               preventDefault()
   handled by the editor
     insert-figure      {src, alt, caption, width, height, wide, position}
                                               insert a figure at `position`, otherwise at the cursor; all but `src` optional
     essay-replace      {html}                 replace the whole text, in one step that can be undone
     essay-flush                               write the text into the text area now (submitting the form does so, too)

   The text area contains the HTML after every essay-change, and stays untouched until something is changed. */

import { startEditor } from "./start.js";

for (const root of document.querySelectorAll(".essay-editor")) startEditor(root);
