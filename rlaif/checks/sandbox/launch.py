"""How a fork server is started in each tier, and what it is told."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO, Literal

from rlaif.checks.sandbox.filters import filter_of
from rlaif.checks.sandbox.inside.confine import landlock_version
from rlaif.checks.sandbox.interpreter import interpreter, sandbox_user
from rlaif.errors import SandboxUnavailable

Tier = Literal["namespaces", "landlock", "none"]
TIERS: tuple[Tier, ...] = ("namespaces", "landlock")
"""The ladder, best first. `none` is never stepped down to."""

_INSIDE = "rlaif.checks.sandbox.inside"
_MODULES = (
    "values",
    "channel",
    "confine",
    "calls",
    "crossing",
    "operations",
    "candidate",
    "proxy",
    "raised",
    "peer",
    "module",
    "failures",
    "using",
    "checker",
    "collecting",
    "program",
    "fork_server",
)
"""In the order in which they need each other."""

_BOOT = f"""
import json, os, socket, sys, types
control, setup = map(int, sys.argv[1:3])
told = json.loads(os.pread(setup, os.fstat(setup).st_size, 0))
os.close(setup)
sys.path[:] = [folder for folder in sys.path if folder]
package = sys.modules["{_INSIDE}"] = types.ModuleType("{_INSIDE}")
package.__path__ = []
for name, text in told.pop("modules"):
    module = types.ModuleType("{_INSIDE}." + name)
    sys.modules["{_INSIDE}." + name] = module
    setattr(package, name, module)
    exec(compile(text, name + ".py", "exec"), module.__dict__)
module.main(socket.socket(fileno=control), told)
"""
_PRELOAD = """
abc array ast base64 bisect cmath collections contextlib copy dataclasses datetime decimal enum
fractions functools hashlib heapq inspect io itertools json locale math numbers operator queue
random re statistics string struct textwrap threading time traceback types typing unicodedata
warnings weakref
"""
"""What candidates import most: loaded once, and shared with every process."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_FILES = ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
SCRATCH = "/rlaif-scratch"
"""Where a program's own folder lies in the tier `namespaces`; /tmp leads there as well."""

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_LANDLOCK_SIGNALS = 6
READ = "RLAIF_SANDBOX_READ"
"""Environment variable: further folders that programs may read and run, with `:` between them."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """What the processes of one fork server find installed."""

    tier: Tier
    packages: tuple[str, ...] = ()
    """Packages that can be imported; with any of them, all that is installed can be read."""


def start(flavour: Flavour, control: int, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a fork server of that flavour on the open socket `control`.

    Raises: SandboxUnavailable for want of what the tier needs.
    """
    used, user = interpreter(), sandbox_user()
    setup = os.memfd_create("setup", os.MFD_CLOEXEC)
    try:
        with os.fdopen(os.dup(setup), "wb") as file:
            file.write(json.dumps(_setup(flavour)).encode())
        python = [used.path, "-s", "-S", "-B", "-c", _BOOT, str(control), str(setup)]
        shut = _bubblewrap(flavour) if flavour.tier == "namespaces" else []
        return subprocess.Popen(  # noqa: S603 - the command is ours
            [*shut, *python],
            env=ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            pass_fds=(control, setup),
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=() if user else None,
        )
    except OSError as error:
        raise SandboxUnavailable(f"a fork server cannot be started: {error}") from None
    finally:
        os.close(setup)


def _setup(flavour: Flavour) -> dict[str, object]:
    inside = files(_INSIDE)
    folders = interpreter().packages if flavour.packages else ()
    readable = [*_SYSTEM, *_FILES, *_DEVICES, *_folders(flavour)]
    return {
        "modules": [[name, (inside / f"{name}.py").read_text()] for name in _MODULES],
        "tier": flavour.tier,
        "folders": list(folders),
        "packages": list(flavour.packages),
        "preload": _PRELOAD.split(),
        "readable": readable,
        "filters": _filters(flavour.tier),
    }


def _filters(tier: Tier) -> dict[str, str]:
    if tier == "none":
        return {}
    shielded = tier == "namespaces"
    # From version 6 on Landlock keeps the signals of a program among its own processes.
    signals = {"calls": shielded, "program": shielded or landlock_version() >= _LANDLOCK_SIGNALS}
    modes = shielded or sandbox_user() is not None
    made = {kind: filter_of(kind, signals=signals[kind], modes=modes) for kind in signals}
    return {kind: base64.b64encode(one).decode() for kind, one in made.items()}


def visible(flavour: Flavour) -> list[str]:
    """The folders that programs of that flavour can read."""
    own = [*_SYSTEM, *_outside_usr(_folders(flavour))]
    return [folder for folder in dict.fromkeys(own) if Path(folder).is_dir()]


def _folders(flavour: Flavour) -> list[str]:
    """Folders besides the system's own."""
    further = [folder for folder in os.environ.get(READ, "").split(":") if folder]
    packages = interpreter().packages if flavour.packages else ()
    return [*interpreter().folders, *packages, *further]


def _bubblewrap(flavour: Flavour) -> list[str]:
    """Bubblewrap with nothing in it but what Python needs to run, read-only."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxUnavailable(
            "bubblewrap is not installed\n  hint: apt install bubblewrap, or dnf install bubblewrap"
        )
    shut = (
        "--unshare-all --uid 65534 --gid 65534 --cap-drop ALL --cap-add CAP_SYS_ADMIN "
        "--die-with-parent --new-session --hostname sandbox"
    )
    folders = list(_outside_usr(_folders(flavour)))
    # An environment may lie below /tmp itself, which then holds it and nothing else.
    taken = any(f"{folder}/".startswith("/tmp/") for folder in folders)  # noqa: S108 - only a name
    temporary = "" if taken else f"--symlink {SCRATCH} /tmp"
    return [
        program,
        *shut.split(),
        *_system_folders(),
        *_bound("--ro-bind-try", (*_FILES, *folders)),
        *_bound("--dev-bind-try", _DEVICES),
        *f"--dir {SCRATCH} {temporary} --remount-ro / --chdir /".split(),
    ]


def _system_folders() -> Iterator[str]:
    for folder in _SYSTEM:
        path = Path(folder)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), folder)
        elif path.is_dir():
            yield from ("--ro-bind", folder, folder)


def _outside_usr(folders: Sequence[str]) -> Iterator[str]:
    for folder in folders:
        if not folder.startswith(tuple(f"{own}/" for own in _SYSTEM)) and folder not in _SYSTEM:
            yield folder


def _bound(option: str, paths: Sequence[str] | Iterator[str]) -> Iterator[str]:
    for path in paths:
        yield from (option, path, path)
