"""Compiles the kernels of the factorization when a wheel is built or an editable installation made.

One C file becomes one plain shared library, which `nmf_topics.factor.kernels` loads with ctypes: there is nothing of
Python in it, so one library serves every version of Python. Where there is no compiler, or it fails, the package is
installed without the library and works with numpy and scipy alone, only slower.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "nmf_topics/factor/kernels/kernels.c"
LIBRARY = "nmf_topics/factor/kernels/_kernels.so"
FLAGS = ["-O2", "-ftree-vectorize", "-std=gnu11", "-fPIC", "-shared"]
SECONDS = 600


def compilers() -> list[list[str]]:
    """Commands that may be a C compiler: the one that CC names, or those that are usual."""
    named = os.environ.get("CC")
    commands = [shlex.split(named)] if named else [["cc"], ["gcc"], ["clang"]]
    return [command for command in commands if command and shutil.which(command[0])]


def compile_kernels(root: Path) -> bool:
    """Whether the library could be made; what is there stays, or goes, only once that is known."""
    library = root / LIBRARY
    if sys.platform == "win32":  # there, compilers take other words
        return False
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / library.name
        for compiler in compilers():
            command = [*compiler, *FLAGS, "-o", str(made), str(root / SOURCE), "-lm"]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
            except (OSError, subprocess.SubprocessError) as error:
                print(f"{shlex.join(command)} failed: {error}", file=sys.stderr)
                continue
            shutil.move(made, library.with_suffix(".new.so"))
            os.replace(library.with_suffix(".new.so"), library)
            return True
    library.unlink(missing_ok=True)  # one of an older source must not be taken for it
    return False


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a wheel with the library in it is for this kind of machine, one without for any."""
        root = Path(self.root)
        if not compile_kernels(root):
            self.app.display_warning("no C compiler could make the kernels: numpy and scipy will do their work, slower")
            return
        build_data["force_include"][str(root / LIBRARY)] = LIBRARY
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"


def _platform() -> str:
    """This kind of machine, as the names of wheels have it."""
    name = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if name.startswith("macosx"):  # the library is of this processor alone, whatever Python is of
        return "_".join([*name.split("_")[:3], platform.machine()])
    return name
