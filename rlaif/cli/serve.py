"""`rlaif serve`."""

from __future__ import annotations

import signal
from enum import StrEnum
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Annotated

import typer

from rlaif.cli.console import tell
from rlaif.cli.judge_option import judge_of
from rlaif.cli.options import (
    AcceptForgeable,
    Host,
    JudgeName,
    MaxOutage,
    Port,
    RubricName,
    TokenEnv,
    UnsafeNoSandbox,
)
from rlaif.errors import InputError
from rlaif.lazy import REWARD_SERVER, load
from rlaif.runs.files import rubric_and_text
from rlaif.runs.serving import Grading, counts_tokens, opened, rewarder_of, token_of, warnings_of
from rlaif.web.served import Served
from rlaif.web.terms import Place, Terms, names_of

_LIMITS = "Limits"
_FORMS = "What trainers send"


class Labels(StrEnum):
    """What OpenRLHF's labels hold."""

    reference = "reference"
    json = "json"


def run(
    rubric: RubricName,
    judge: JudgeName = None,
    host: Host = "127.0.0.1",
    port: Port = 8100,
    token_env: TokenEnv = None,
    max_waiting: Annotated[
        int,
        typer.Option(
            "--max-waiting",
            rich_help_panel=_LIMITS,
            min=1,
            metavar="N",
            help="Completions that wait or are graded at once; who brings more is told to come "
            "again.",
        ),
    ] = 4096,
    max_request_mb: Annotated[
        float,
        typer.Option(
            "--max-request-mb",
            rich_help_panel=_LIMITS,
            min=0.001,
            max=1024,
            metavar="MB",
            help="Largest request.",
        ),
    ] = 32,
    deadline: Annotated[
        float,
        typer.Option(
            "--deadline",
            rich_help_panel=_LIMITS,
            min=0.1,
            metavar="S",
            help="Seconds for one request; what is not graded by then has no reward.",
        ),
    ] = 150,
    retries: Annotated[
        int,
        typer.Option(
            "--retries",
            rich_help_panel=_LIMITS,
            min=0,
            metavar="N",
            help="How often what failed is asked again, within the deadline.",
        ),
    ] = 1,
    in_flight: Annotated[
        int,
        typer.Option(
            "--in-flight",
            rich_help_panel=_LIMITS,
            min=1,
            metavar="N",
            help="Completions that are graded at once; the others wait.",
        ),
    ] = 256,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            rich_help_panel=_LIMITS,
            min=0,
            metavar="S",
            help="Seconds for what is under way when the server is told to stop.",
        ),
    ] = 30,
    shaping: Annotated[
        Path | None,
        typer.Option("--shaping", metavar="FILE", help="How a score becomes a reward."),
    ] = None,
    on_failure: Annotated[
        float | None,
        typer.Option(
            "--on-failure",
            rich_help_panel=_FORMS,
            metavar="REWARD",
            help="OpenRLHF: give this reward where there is none, instead of an error.",
        ),
    ] = None,
    end_token: Annotated[
        list[str] | None,
        typer.Option(
            "--end-token",
            rich_help_panel=_FORMS,
            metavar="TEXT",
            help="OpenRLHF: take this off the end of completions, such as <|im_end|>; repeatable.",
        ),
    ] = None,
    labels: Annotated[
        Labels,
        typer.Option(
            "--labels",
            rich_help_panel=_FORMS,
            help="OpenRLHF: a label is the reference, or JSON {reference, criteria, metadata}.",
        ),
    ] = Labels.reference,
    reference_field: Annotated[
        str,
        typer.Option(
            "--reference-field",
            rich_help_panel=_FORMS,
            metavar="NAME",
            help="NeMo-Gym: the field of a row that holds the reference.",
        ),
    ] = "reference",
    cache: Annotated[
        bool,
        typer.Option(
            "--cache",
            metavar="",
            help="Take verdicts from this machine's cache, and keep new ones.",
        ),
    ] = False,
    accept_forgeable: AcceptForgeable = None,
    unsafe_no_sandbox: UnsafeNoSandbox = False,
    max_outage: MaxOutage = None,
) -> None:
    """Serve rewards.

    An HTTP server that grades what trainers send: POST /rewards in a plain form, /openrlhf in
    OpenRLHF's, /verify in NeMo-Gym's. GET /ready says whether the judge is loaded. The requests
    of all callers share the judge's batches.

    The server ends with Ctrl-C or SIGTERM, once what is under way is done.
    """
    serve = load(REWARD_SERVER)
    _refuse_endless(
        grace=grace, on_failure=on_failure, deadline=deadline, max_request_mb=max_request_mb
    )
    token = token_of(token_env, host)
    loaded, _ = rubric_and_text(rubric)
    named = judge_of(judge, max_outage)
    rewarder = rewarder_of(
        loaded,
        named,
        Grading(
            shaping=shaping,
            deadline_s=deadline,
            retries=retries,
            in_flight=in_flight,
            cache=cache,
            unsafe_no_sandbox=unsafe_no_sandbox,
            accept_forgeable=accept_forgeable or (),
        ),
    )
    served = Served(loaded, named.name if named else "")
    terms = Terms(
        deadline_s=deadline,
        max_waiting=max_waiting,
        max_request_mb=max_request_mb,
        token=token,
        names=names_of(host),
        on_failure=on_failure,
        end_tokens=tuple(end_token or ()),
        labels=labels.value,
        reference_field=reference_field,
        needs_tokens=counts_tokens(rewarder.shaping),
    )
    for warning in warnings_of(rewarder.shaping):
        tell(warning, err=True)
    stopped = serve(
        rewarder,
        served,
        partial(opened, rewarder, judged=named is not None),
        terms,
        Place(host, port, grace),
        partial(tell, err=True),
        lambda url: tell(f"{served.rubric_name} at {url}: {_WAYS}"),
    )
    if stopped == signal.SIGINT:
        raise typer.Exit(130)


_WAYS = "POST /rewards, /openrlhf, /verify; GET /ready, /rubric, /metrics, /docs"


def _refuse_endless(**options: float | None) -> None:
    """Raises: InputError for an option that is no finite number."""
    for name, value in options.items():
        if value is not None and not isfinite(value):
            option = name.replace("_", "-")
            raise InputError(f"--{option} {value:g}: this has to be a finite number, such as 30")
