"""Sentences to probabilities: does this sentence break a rule, however it is worded?"""
