"""People judging calls: who they are, what waits for them, what they said, what it comes to."""
