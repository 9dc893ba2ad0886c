"""Alerts of the night: what fired, who is told, what still has to be sent."""
