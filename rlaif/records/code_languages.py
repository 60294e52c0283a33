"""What is known of a programming language: how its programs are saved, compiled and run."""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """`{file}` in a command stands for the name under which the code is saved."""

    file: str
    run: str
    compile: str = ""
    """Empty where nothing is to be compiled."""


LANGUAGES: dict[str, Language] = {
    "python": Language("main.py", "python3 {file}"),
    "c": Language("main.c", "./program", "gcc -O2 -o program {file} -lm"),
    "c++": Language("main.cpp", "./program", "g++ -O2 -std=c++17 -o program {file}"),
    "rust": Language("main.rs", "./program", "rustc -O -o program {file}"),
    "javascript": Language("main.js", "node {file}"),
    "bash": Language("main.sh", "bash {file}"),
    "perl": Language("main.pl", "perl {file}"),
    "ruby": Language("main.rb", "ruby {file}"),
    "lua": Language("main.lua", "lua {file}"),
    "php": Language("main.php", "php {file}"),
}
"""By the name that a file gives it. The compilers and interpreters are those of the machine."""

ALSO: dict[str, str] = {
    "py": "python",
    "python3": "python",
    "cpp": "c++",
    "cxx": "c++",
    "rs": "rust",
    "js": "javascript",
    "node": "javascript",
    "sh": "bash",
    "pl": "perl",
    "rb": "ruby",
}
"""What people also call them."""
