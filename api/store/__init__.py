"""Calls and what was found in them, kept: SQLite by default, PostgreSQL when shared."""

from api.store.calls import CallFiling
from api.store.errors import StoreError
from api.store.search import FoundUtterance
from api.store.store import Store

__all__ = ["CallFiling", "FoundUtterance", "Store", "StoreError"]
