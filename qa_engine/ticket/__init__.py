"""Work-order text (工单) against the writing rules of service-standard S9."""

from qa_engine.ticket.check import Element, Remark, TicketReport, check_ticket

__all__ = ["Element", "Remark", "TicketReport", "check_ticket"]
