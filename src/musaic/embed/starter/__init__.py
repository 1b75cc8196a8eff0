"""The bundled encoder: its files, and the words it was taught."""
