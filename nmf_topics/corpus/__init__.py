"""Pages come in: text folders, tables and corpus folders become one stream of pages."""
