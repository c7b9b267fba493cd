"""Helping an agent: comments pinned to a second of a call, and notes made of them."""
