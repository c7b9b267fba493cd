"""Sentences to probabilities: does this sentence break a rule, however it is worded?"""

from models.judging.opening import judge_at, judging_by, open_judge
from models.judging.sentence_judge import JudgeError, SentenceJudge

__all__ = ["JudgeError", "SentenceJudge", "judge_at", "judging_by", "open_judge"]
