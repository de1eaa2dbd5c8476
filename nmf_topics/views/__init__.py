"""Meaning to eyes: tables, pictures and the model folder."""
