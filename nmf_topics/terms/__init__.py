"""From terms to V: counts of terms on pages, the vocabulary and the weighted matrix."""
