"""What drivers of stores raise, told as one clear error without secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rlaif.errors import InputError, MissingExtra, RlaifError
from rlaif.lazy import EXTRA_OF
from rlaif.storage.place_names import scheme_of, secrets_in, told, without_secrets

_REFUSED = (401, 403)
_ABSENT = 404
_RIGHTS = "the driver takes its keys from the environment or its own files: docs/places.md"
_AGAIN = "start the same command again"


@contextmanager
def store_errors(
    source: str, what: str, *, absent: bool = True, kind: type[RlaifError] = InputError
) -> Iterator[None]:
    """Turn what a driver says of the URL `source` into one error.

    Args: `what`, what could not be done, for a fault of no known sort; `absent` false: a
    FileNotFoundError goes through; `kind`, the error that is raised.
    """
    try:
        yield
    except RlaifError:
        raise
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own, with no common root
        if _is_absent(error):
            if not absent:
                raise FileNotFoundError from None
            made: RlaifError = kind(f"{told(source)}: no such object or bucket")
        else:
            made = _error(error, source, what, kind)
        # a traceback would tell the URL, with what is secret in it
        raise made from (None if secrets_in(source) else error)


def _error(error: Exception, source: str, what: str, kind: type[RlaifError]) -> RlaifError:
    name = told(source)
    if isinstance(error, ImportError):
        return _no_driver(error, source)
    if isinstance(error, ValueError) and "rotocol not known" in str(error):
        known = "s3://, gs://, abfs://, hf://, http:// and https:// are"
        return InputError(f"{name}: '{scheme_of(source)}://' is no known kind of store ({known})")
    if _status(error) in _REFUSED or isinstance(error, PermissionError) or _lacks_keys(error):
        return kind(f"{name}: the store gives no right to this\n  hint: {_RIGHTS}")
    reason = _reason(error)
    lines = without_secrets(str(reason), source).strip().splitlines()
    said = lines[0][:200] if lines else ""
    if " " not in said:  # such as a KeyError's bare key
        said = f"{type(reason).__name__}: {said}" if said else type(reason).__name__
    return kind(f"{name}: {what} ({said})\n  hint: {_AGAIN}")


def _no_driver(error: ImportError, source: str) -> RlaifError:
    cause = error.__cause__
    package = str(getattr(cause, "name", None) or error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(package)
    if extra:
        return MissingExtra(f"'{package}' is not installed; run: pip install 'rlaif[{extra}]'")
    needed = f"the Python package '{package}'" if package else "a package that is not installed"
    return MissingExtra(f"{told(source)}: '{scheme_of(source)}://' needs {needed}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, and those that it came of."""
    one: BaseException | None = error
    for _ in range(8):
        if one is None:
            return
        yield one
        one = one.__cause__ or one.__context__


def _status(error: Exception) -> int | None:
    """The HTTP status that the error came of, where it says so."""
    for one in _chain(error):
        found = getattr(one, "status", None) or getattr(one, "code", None)
        response = getattr(one, "response", None)
        found = found if type(found) is int else getattr(response, "status_code", None)
        if type(found) is int:
            return found
    return None


def _is_absent(error: Exception) -> bool:
    """Whether nothing is there; the web's driver says so of whatever goes wrong."""
    status = _status(error)
    if status is not None:
        return status == _ABSENT
    return isinstance(error, FileNotFoundError) and _reason(error) is error


def _reason(error: Exception) -> BaseException:
    """What the error came of, where the driver of the web hides it."""
    hidden = (one for one in _chain(error) if type(one).__module__.partition(".")[0] == "aiohttp")
    return next(hidden, error)


def _lacks_keys(error: Exception) -> bool:
    return any("credential" in f"{type(one).__name__} {one}".lower() for one in _chain(error))
