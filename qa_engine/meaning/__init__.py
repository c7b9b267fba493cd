"""What a language model is asked about a call, and what becomes of its answers. No network."""
