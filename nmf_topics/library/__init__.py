"""The functions that Python users call first: they take whatever holds pages and give back models and tables."""
