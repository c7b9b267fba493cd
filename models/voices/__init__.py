"""Whose voice it is: a stretch of speech in, a vector out that is near for one speaker."""

from models.voices.encoder import VoiceEncoder, VoiceNetwork
from models.voices.weights import NAME, here, load, pull

__all__ = ["NAME", "VoiceEncoder", "VoiceNetwork", "here", "load", "pull"]
