"""Pictures of topics: word clouds, basis images, fonts and text."""
