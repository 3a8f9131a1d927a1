"""What may stand in the manifest: one file a section, every key declared once.

Checks, JSON Schema, `ecluse explain` and the reference are made from these classes. Importing them costs pydantic:
a cached manifest does without (`manifest.cache`).
"""
