/* The entry of an essay's page: one import for each behavior. The storage joins them into one file. */
import "./text.js";
import "./relative-time.js";
import "./linked-comment.js";
import "./unread.js";
import "./reply-target.js";
import "./reply-form.js";
import "./formatting.js";
import "./drafts.js";
import "./login.js";
import "./likes.js";
import "./passages.js";
import "./pass-on.js";
