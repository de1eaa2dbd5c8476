"""Readers of text files, tables, documents, web pages and compressed files."""
