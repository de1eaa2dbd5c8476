"""Files and the system: atomic writing, CSV and what the machine offers."""
