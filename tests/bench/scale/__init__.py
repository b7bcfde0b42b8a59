"""A site with 1,000 essays and 1,000,000 comments, compared with one that has 10,000 comments."""
