"""Phrases found in recognised text, however the recogniser spelled them."""

from qa_engine.matching.match import Match
from qa_engine.matching.matcher import Matcher

__all__ = ["Match", "Matcher"]
