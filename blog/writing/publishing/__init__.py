"""The publishing step, publishing several essays from the list, and the marks of unpublished changes there."""
