"""Prepare V from a source: sources, recipes, chunks of pages, and the storage of V."""
