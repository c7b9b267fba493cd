from __future__ import annotations

import platform
import subprocess
import sys


def test_threads_share_their_heaps_where_the_c_library_can() -> None:
    code = "from api.memory import keep_few_arenas; print(keep_few_arenas())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(platform.libc_ver()[0] == "glibc")
