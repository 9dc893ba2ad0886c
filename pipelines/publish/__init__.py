"""Publish the finished night: staged everywhere first, then shown everywhere, or not at all."""
