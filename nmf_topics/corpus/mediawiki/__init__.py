"""MediaWiki's formats: dumps, wikitext, templates and names."""
