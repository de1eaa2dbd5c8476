"""Permissions that count for root, too."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

import pytest

AS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def without_privileges() -> None:
    """Let permissions count for root, too: give up the right to override them (CAP_DAC_OVERRIDE, ..._READ_SEARCH)."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):
        if libc.prctl(24, capability, 0, 0, 0) != 0:  # PR_CAPBSET_DROP; takes effect with exec
            raise OSError(ctypes.get_errno(), "prctl")


HUMBLE: dict[str, Any] = {"preexec_fn": without_privileges} if AS_ROOT and sys.platform == "linux" else {}
permissions_count = pytest.mark.skipif(
    os.name != "posix" or (AS_ROOT and sys.platform != "linux"), reason="permissions do not bind this user here"
)
