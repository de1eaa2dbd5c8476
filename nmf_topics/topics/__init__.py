"""Factors to meaning: topics, pages, new pages, and measures of how good they are."""
