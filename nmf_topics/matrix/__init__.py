"""The matrix V with the names of its rows and columns and its weighting, the same for texts and images."""
