"""Lists of an author's essays and drafts: the first page of the admin, and the list of all essays."""
