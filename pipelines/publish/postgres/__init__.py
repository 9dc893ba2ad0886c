"""Show the marts in PostgreSQL: a schema for each version, and views that change all at once."""
