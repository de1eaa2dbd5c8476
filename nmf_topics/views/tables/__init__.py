"""Tables of a model: in the terminal, as CSV and JSON, as a workbook and in formats of other programs."""
