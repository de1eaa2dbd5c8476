"""The topic model: fitting, saving and loading, topics of pages, and classification of new pages."""
