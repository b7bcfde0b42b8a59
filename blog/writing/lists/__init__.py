"""Lists for authors: what they have in hand, all essays, and what an import lost."""
