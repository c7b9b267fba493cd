"""From candidates to decisions: kept, doubtful or dropped, each with its reason."""

from qa_engine.deciding.decided import KEPT, Around, Decided, DecisionReason
from qa_engine.deciding.decider import Decider
from qa_engine.deciding.judge import Judge

__all__ = ["KEPT", "Around", "Decided", "Decider", "DecisionReason", "Judge"]
