"""Read and fetch pages: folders of texts, tables, dumps and corpus folders become a stream of pages."""
