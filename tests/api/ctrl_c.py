"""Ctrl-C for processes that tests start, wherever the suite itself was started."""

from __future__ import annotations

import signal


def hears_ctrl_c() -> None:
    """Before a program begins (`preexec_fn`): a shell starts what runs in its background deaf to
    Ctrl-C, and so all that it starts.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)
