"""Erase the personal data of one person or customer from a whole company folder."""
