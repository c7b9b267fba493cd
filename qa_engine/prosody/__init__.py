"""How it sounds: pitch, loudness, rate, and how tense a voice is; shown, never charged."""
