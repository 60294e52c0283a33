"""Options that several commands share, each with one meaning."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from rlaif.errors import InputError


class TextOrJson(StrEnum):
    """How something is printed: for people, or for programs."""

    text = "text"
    json = "json"


RubricName = Annotated[
    str, typer.Argument(metavar="RUBRIC", help="A rubric file, or the name of a shipped rubric.")
]
SamplesSource = Annotated[
    str,
    typer.Argument(
        metavar="SAMPLES",
        help="JSON lines (also .gz, .zst), CSV, Parquet or a saved data set, here or at a "
        "URL; or - (standard input).",
    ),
]
JudgeName = Annotated[
    str | None,
    typer.Option(
        "--judge",
        "-j",
        metavar="J",
        help="A judge file, a shipped judge's name, or vllm:MODEL, transformers:MODEL, "
        "openai:MODEL@URL.",
    ),
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
RunOut = Annotated[Path | None, typer.Option("--out", "-o", metavar="RUN", help="The run folder.")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", metavar="", help="Ask again what failed before.")
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", metavar="", help="Say what would be asked, and ask nothing."),
]
Calibrate = Annotated[
    int,
    typer.Option(
        "--calibrate",
        min=0,
        metavar="N",
        show_default=False,
        help="With --dry-run: start the judge and ask about N questions, to say how long all take. "
        "The answers are kept in the cache.",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        rich_help_panel="Which samples",
        metavar="FIELD=COLUMN",
        help="Take a field from another column; repeatable.",
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        rich_help_panel="Which samples",
        min=1,
        metavar="N",
        help="Only the first N samples.",
    ),
]

UnsafeNoSandbox = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-sandbox",
        metavar="",
        help="Run the policy's code without a sandbox: as you, so that it can read and delete "
        "whatever you can.",
    ),
]
AcceptForgeable = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-forgeable",
        metavar="ID",
        help="Use this criterion although a policy can forge its pass (pytest_repo); repeatable.",
    ),
]

Shard = Annotated[
    str | None,
    typer.Option(
        "--shard",
        rich_help_panel="Which samples",
        metavar="I/N",
        help="Only the I-th of N shares of the samples, for a job array; `rlaif merge` joins them.",
    ),
]
Draw = Annotated[
    int | None,
    typer.Option(
        "--sample",
        rich_help_panel="Which samples",
        min=1,
        metavar="N",
        help="Only N samples, drawn at random.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(
        "--seed",
        rich_help_panel="Which samples",
        metavar="S",
        help="Another seed draws other samples.",
    ),
]


class EngineNames(StrEnum):
    """Where grading is done."""

    local = "local"
    ray = "ray"


EngineName = Annotated[
    EngineNames,
    typer.Option(
        "--engine",
        rich_help_panel="Where it is done",
        help="local: this machine, with all its GPUs. ray: actors of a Ray cluster, or of this "
        "machine where there is none.",
    ),
]

RayAddress = Annotated[
    str | None,
    typer.Option(
        "--ray-address",
        rich_help_panel="Where it is done",
        metavar="A",
        help="The Ray cluster: auto, or HOST:PORT. If not given RAY_ADDRESS, else a cluster of "
        "this machine alone, which ends with the job.",
    ),
]
ReplicaCount = Annotated[
    int | None,
    typer.Option(
        "--replicas",
        rich_help_panel="Where it is done",
        min=1,
        metavar="N",
        help="Graders of a Ray job, each with the judge's model; if not given as many as the "
        "cluster has GPUs for, or 1.",
    ),
]
ReplicaCpus = Annotated[
    float | None,
    typer.Option(
        "--cpus-per-replica",
        rich_help_panel="Where it is done",
        min=0,
        metavar="C",
        help="CPUs of one of them; if not given 1.",
    ),
]

NoCache = Annotated[
    bool,
    typer.Option("--no-cache", metavar="", help="Ask also what earlier runs have asked alike."),
]
Recheck = Annotated[
    float | None,
    typer.Option(
        "--recheck",
        min=0,
        max=1,
        metavar="SHARE",
        help="Share of the cached verdicts to ask again, to notice a judge that changed; if not "
        "given 0.01 for a server, else 0.",
    ),
]
MaxOutage = Annotated[
    float | None,
    typer.Option(
        "--max-outage",
        min=0,
        metavar="S",
        help="Seconds to wait for a judge's server that cannot be reached.",
    ),
]

LISTENING = "Where it listens"
"""The heading of the options that say so."""

Host = Annotated[
    str,
    typer.Option(
        "--host",
        rich_help_panel=LISTENING,
        help="The address to listen on. Other machines can come only with a token.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port", rich_help_panel=LISTENING, min=0, max=65535, help="And the port; 0: any free."
    ),
]
TokenEnv = Annotated[
    str | None,
    typer.Option(
        "--token-env",
        rich_help_panel=LISTENING,
        metavar="NAME",
        help="Ask everyone for the token in this variable of the environment.",
    ),
]


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """`completion=output` as {"completion": "output"}. Raises: InputError for another form."""
    mapping: dict[str, str] = {}
    for pair in pairs or ():
        field, sign, column = pair.partition("=")
        if not (field and sign and column):
            raise InputError(f"--map {pair}: expected FIELD=COLUMN, such as completion=output")
        mapping[field] = column
    return mapping
