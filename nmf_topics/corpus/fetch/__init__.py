"""Pages from a MediaWiki over the network, into a corpus folder."""
