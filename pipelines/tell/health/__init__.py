"""The morning page of the data team: one file per language, without server or network."""
