"""Engines: what makes a picture from words and references."""
