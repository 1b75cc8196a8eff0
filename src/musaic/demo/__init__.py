"""The sample catalogue: drawn by our own code, so that every answer can be judged."""
