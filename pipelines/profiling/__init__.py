"""Look at a file nobody has seen: which entity it is, and which of its columns are which of ours."""
