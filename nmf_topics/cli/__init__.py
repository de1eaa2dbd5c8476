"""The face: one file a command. The only folder that knows click; each command is a thin twin of a library call."""
