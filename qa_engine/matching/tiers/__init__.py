"""How a phrase is found: exact, by sound, misheard; and how surely."""
