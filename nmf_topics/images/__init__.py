"""Images to pixels: the second kind of V."""
