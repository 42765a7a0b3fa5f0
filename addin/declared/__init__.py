"""The worksheet functions, each declared once: one file a group, each with its part of the catalogue."""
