"""Closed complaints replayed in the order they came: what Redress would have said, and how often rightly."""
