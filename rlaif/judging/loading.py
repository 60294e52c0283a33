"""Quiet, one at a time: how transformers is let load models in this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from transformers.utils import logging

_LOADING = threading.RLock()


@contextlib.contextmanager
def loading() -> Iterator[None]:
    """One load at a time, without transformers' own chatter; its settings are put back.

    It sets torch's default dtype while it loads, which two threads must not do together.
    """
    with _LOADING:
        before, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        try:
            yield
        finally:
            logging.set_verbosity(before)
            if bars:
                logging.enable_progress_bar()
