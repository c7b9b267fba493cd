"""The phrasebook's questions, put to a language model of the site's own choosing."""
