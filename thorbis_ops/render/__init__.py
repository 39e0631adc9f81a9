"""Nouns to what people and programs read. A format is a file; none of them decides anything."""
