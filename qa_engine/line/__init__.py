"""What stands on the line beside the two who speak: tones, music, recorded voices."""
