"""What the tests of servers beside a notebook have in common."""

import time

import psutil


def gone(pid: int, seconds: float = 60) -> bool:
    """Say whether a process has ended within some seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False
