"""From a source to V: what is read, where the matrix is kept, and with which recipe."""
