"""The main functions for Python users: they accept texts, tables and matrices and return models and tables."""
