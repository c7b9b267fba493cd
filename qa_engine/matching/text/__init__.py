"""Text as the matcher reads it, with the way back to the text as it was written."""
