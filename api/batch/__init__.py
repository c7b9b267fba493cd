"""Thousands of recordings overnight: found, analysed on every core, filed, and told in a sheet."""
