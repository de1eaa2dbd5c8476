"""Analyses of models and corpora: quality, ranks, stability, differences and trends."""
