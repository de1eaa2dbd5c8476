"""V ~ W H: the numbers alone. Nothing in this folder knows a word, a pixel, a page's title, a file or a terminal."""
