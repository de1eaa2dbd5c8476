"""Files and the system: atomic writing, CSV, arrays, the cache, memory and processors."""
