"""The starter's vocabulary in five languages: tables (`*.toml`), inflection, and what fits what."""
