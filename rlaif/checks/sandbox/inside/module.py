"""The module `candidate` of the tests."""

from __future__ import annotations

import builtins
import types
from typing import Any

from rlaif.checks.sandbox.inside.proxy import Asks, Handle, held, labelled


class Module(types.ModuleType):
    """What the code defines, by its names."""

    def __init__(self, peer: Asks, names: dict[str, Any]) -> None:
        """`names`: a handle, or a class of exceptions; None for what is asked for when needed."""
        super().__init__("candidate")
        kept = self.__dict__
        kept["__names__"] = set(names)
        kept["__peer__"] = peer
        kept["__absent__"] = ""
        kept["__starred__"] = False
        kept["__taken__"] = {}
        for name, found in names.items():
            if found is not None and not name.startswith("__"):
                kept[name] = found
                if type(found) is Handle:
                    held(found).name = held(found).label = name

    def __getattr__(self, name: str) -> Any:
        kept = self.__dict__
        if name == "__all__":
            return self.__public()
        if name.startswith("__") or name not in kept["__names__"]:
            if not name.startswith("__"):
                kept["__absent__"] = name
            raise AttributeError(f"the code defines no '{name}'")
        return labelled(kept["__peer__"].ask("get", 0, name), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):
            super().__setattr__(name, value)
            return
        self.__dict__["__peer__"].ask("set", 0, name, value)
        self.__dict__.pop(name, None)
        self.__dict__["__names__"].add(name)

    def __public(self) -> list[str]:
        """What `import *` brings: nothing that Python or the tests have under that name already."""
        self.__starred__ = True
        taken = {*vars(builtins), *self.__dict__["__taken__"]}
        public = (name for name in self.__dict__["__names__"] if not name.startswith(("_", "test")))
        return sorted(name for name in public if name not in taken)
