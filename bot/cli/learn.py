"""Heads of one's own, and honest measures of what they and the search are worth."""
