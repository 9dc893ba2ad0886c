"""Python steps between dbt layers: read the build file, one call into core, write the build file."""
