"""The topic model: fitting, files, topics of pages and of new pages."""
