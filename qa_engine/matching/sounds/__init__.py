"""How characters sound, and what hearing one for another costs."""
