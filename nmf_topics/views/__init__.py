"""Show a model: tables, pictures, figures, the report and the model folder."""
