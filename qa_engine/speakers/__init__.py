"""Who speaks on a channel that both speakers share (mono): voices told apart, turns cut."""

from __future__ import annotations

from models.voices.encoder import VoiceEncoder
from qa_engine.speakers.prints import SpeakerPrints, VoicedPiece, VoicePrints, Voices
from qa_engine.speakers.spectrum import SpectralPrints
from qa_engine.speakers.turns import split, voiced

__all__ = ["SpeakerPrints", "VoicePrints", "VoicedPiece", "Voices", "listen", "split", "voiced"]


def listen(encoder: VoiceEncoder | None) -> SpeakerPrints:
    """By the speaker network, or without one by the colour of the sound."""
    return VoicePrints(encoder) if encoder is not None else SpectralPrints()
