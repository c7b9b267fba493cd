"""What a QA lead reads in the morning, as tables: one module for each sheet."""

from __future__ import annotations

from sqlalchemy import Connection

from api.batch.scope import BatchScope
from api.batch.sheets.agents import agent_sheet
from api.batch.sheets.answers import answer_sheets
from api.batch.sheets.calls import call_sheet, failed_sheet, unjudged_sheet
from api.batch.sheets.details import conduct_sheet, item_sheet
from api.batch.sheets.hits import hit_sheet
from api.batch.sheets.steps import step_sheet
from api.batch.sheets.summary import summary
from api.batch.sheets.table import WorkbookSheet

__all__ = ["sheets"]


def sheets(connection: Connection, scope: BatchScope) -> list[WorkbookSheet]:
    """The sheets of a batch, worst calls first."""
    return [
        WorkbookSheet("汇总", ("指标", "值"), summary(connection, scope)),
        *(make(connection, scope) for make in (call_sheet, hit_sheet, step_sheet)),
        *answer_sheets(connection, scope),
        *(
            make(connection, scope)
            for make in (item_sheet, conduct_sheet, agent_sheet, unjudged_sheet, failed_sheet)
        ),
    ]
