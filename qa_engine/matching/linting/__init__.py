"""What a phrasebook's author is told before a call is heard."""
