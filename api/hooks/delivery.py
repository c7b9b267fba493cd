"""What became of one item of news at one hook."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class DeliveryOutcome(Enum):
    """What became of one delivery."""

    TAKEN = "taken"
    LATER = "later"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Delivered:
    outcome: DeliveryOutcome
    why: str = ""
