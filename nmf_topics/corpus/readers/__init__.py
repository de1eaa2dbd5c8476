"""Readers of files: text, tables, documents, web pages and compressed streams."""
