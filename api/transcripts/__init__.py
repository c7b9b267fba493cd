"""Dialogues that are text already, from wherever they come: files in, the same judgement out."""

from api.transcripts.reading import TRANSCRIPT_SUFFIXES, TranscriptError, read_transcript

__all__ = ["TRANSCRIPT_SUFFIXES", "TranscriptError", "read_transcript"]
