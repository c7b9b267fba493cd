"""What feeds a live server: a recording replayed, a microphone, the demo."""
