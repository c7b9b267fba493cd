"""A phrasebook edit tried on the past: what it would have flagged, what it would have missed."""
