"""Text to terms: tokens, stop words, normal forms, and the counts of terms on pages."""
