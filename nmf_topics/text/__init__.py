"""From text to normalized terms: tokens, stop words, languages and normal forms."""
