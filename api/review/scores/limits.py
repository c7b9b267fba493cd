"""How often one item of a sheet is charged for its hits, after what people said of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from api.review.scores.card import Item
from api.review.scores.loss import Loss
from qa_engine.report.stored import StoredHit
from qa_engine.rules.limits import charged_losses

__all__ = ["as_often"]


def as_often(item: Item, losses: Iterable[Loss], hits: Mapping[str, StoredHit]) -> list[Loss]:
    """`losses` without those of hits that stand and are not charged: once a rule, or once a call.

    `hits`: those of the report, by id. What does not stand is kept: it shows what was given back.
    """
    told = list(losses)
    standing = [loss for loss in told if loss.stands and loss.evidence in hits]
    charged = charged_losses(item.charge, standing, lambda loss: hits[loss.evidence]["rule"])
    left_out = {loss.evidence for loss in standing} - {loss.evidence for loss in charged}
    return [loss for loss in told if not (loss.stands and loss.evidence in left_out)]
