"""Companies of any size, the real night over them, and a script by hand beside it."""
