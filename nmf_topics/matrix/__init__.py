"""The plain value in which words and pixels meet: V with the names of its rows and columns, and how V was weighted."""
