"""MediaWiki dumps and wikitext, read as plain text."""
