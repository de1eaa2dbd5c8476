"""Compile the kernels of the factorization when a wheel or an editable installation is built.

One C file is compiled to a shared library, which `nmf_topics.factor.kernels` loads with ctypes. The library does not
depend on Python, so it works with every version. Without a C compiler the package is installed without the library and
uses numpy and scipy instead, which is slower.
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
    """Return the commands of installed C compilers: that of the variable CC, or the usual ones."""
    named = os.environ.get("CC")
    commands = [shlex.split(named)] if named else [["cc"], ["gcc"], ["clang"]]
    return [command for command in commands if command and shutil.which(command[0])]


def compile_kernels(root: Path) -> bool:
    """Compile the library and return whether that succeeded; only then is an existing library replaced."""
    library = root / LIBRARY
    if sys.platform == "win32":  # its compilers have other options
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
    library.unlink(missing_ok=True)  # a library of an older source must not be used
    return False


class KernelsHook(BuildHookInterface):  # type: ignore[type-arg]
    """The build hook of hatchling."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the kernels, and tag a wheel with the library for this platform; a wheel without it is for any."""
        root = Path(self.root)
        if not compile_kernels(root):
            self.app.display_warning(
                "the kernels could not be compiled; numpy and scipy are used instead, which is slower"
            )
            return
        build_data["force_include"][str(root / LIBRARY)] = LIBRARY
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform()}"


def _platform() -> str:
    """Return the platform tag of wheels for this machine."""
    name = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if name.startswith("macosx"):  # the library is for this processor only, even if Python is a universal binary
        return "_".join([*name.split("_")[:3], platform.machine()])
    return name
