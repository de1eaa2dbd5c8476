"""Pages of a MediaWiki: asked for politely, kept as they come, put together into a corpus."""
