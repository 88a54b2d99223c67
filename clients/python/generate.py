"""Generates the messages and services of the protos, `hotel/`, when a package is built in the repository.

`python -m build` calls it as a hook of hatchling; `python generate.py` does the same without building. In a source
package, where there are no protos, `hotel/` is there already.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Any

from google.protobuf import descriptor_pb2

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
PROTOS = ROOT / "proto"
# What callers of the API have to do with, and what that imports; the rest is the services' own.
WANTED = ["auth", "errors", "guests", "history", "reservations", "rooms"]
UNWANTED = ["retirement.proto", "status_check.proto"]
# What the compiler is to write besides: the files that others import, and their comments.
KEEPING = ["--include_imports", "--include_source_info"]
# What says which values fields may hold: the services check them, and the modules need no package for it.
CONSTRAINTS = ("buf/validate/", "hotel/rules/")


def generate() -> None:
    """Makes `hotel/` anew, with types for those who check them."""
    if not (PROTOS / "hotel").is_dir():
        return
    shutil.copy(ROOT / "LICENSE", HERE)
    shutil.rmtree(HERE / "hotel", ignore_errors=True)
    found = [file for name in WANTED for file in (PROTOS / "hotel" / name).rglob("*.proto")]
    files = sorted(str(file) for file in found if file.name not in UNWANTED)
    outputs = [f"--{kind}_out={HERE}" for kind in ("python", "grpc_python", "mypy", "mypy_grpc")]
    with tempfile.TemporaryDirectory() as folder:
        described = pathlib.Path(folder) / "api.binpb"
        protoc(f"--proto_path={PROTOS}", f"--descriptor_set_out={described}", *KEEPING, *files)
        described.write_bytes(without_constraints(described.read_bytes()))
        names = [pathlib.Path(file).relative_to(PROTOS).as_posix() for file in files]
        protoc(f"--descriptor_set_in={described}", *outputs, *names)
    for folder in {file.parent for file in (HERE / "hotel").rglob("*")}:
        (folder / "__init__.py").touch()
    (HERE / "hotel" / "py.typed").touch()


def protoc(*arguments: str) -> None:
    """Runs the compiler of grpcio-tools."""
    command = [sys.executable, "-m", "grpc_tools.protoc", *arguments]
    outcome = subprocess.run(command, stderr=subprocess.PIPE, text=True)
    if outcome.returncode != 0:
        raise RuntimeError(f"the protos could not be compiled:\n{outcome.stderr}")


def without_constraints(described: bytes) -> bytes:
    """The same files, which do not import what constrains their fields; the options stay as bytes that nobody reads."""
    files = descriptor_pb2.FileDescriptorSet.FromString(described)
    for file in files.file:
        file.dependency[:] = [name for name in file.dependency if not name.startswith(CONSTRAINTS)]
    return files.SerializeToString()


if __name__ == "__main__":
    generate()
else:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class GenerateHook(BuildHookInterface):  # type: ignore[type-arg]
        """Called by hatchling before it collects the files."""

        PLUGIN_NAME = "custom"

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            generate()
