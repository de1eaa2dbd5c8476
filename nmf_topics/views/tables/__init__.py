"""Tables of a model: terminal, CSV, workbook and exports."""
