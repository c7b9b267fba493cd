"""The pattern language compiled to pieces, and pieces joined back to phrases."""
