"""Read a folder of images as a matrix V of pixels by images."""
