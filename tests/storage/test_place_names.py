"""No key and no password of a URL is told."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rlaif.errors import InputError
from rlaif.storage.place_errors import store_errors
from rlaif.storage.place_names import (
    is_url,
    refuse_run_url,
    scheme_of,
    secrets_in,
    told,
    without_secrets,
)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a/b.jsonl", "s3://bucket/a/b.jsonl"),
        ("s3://bucket/part-?.jsonl", "s3://bucket/part-?.jsonl"),
        ("s3://AKIA:secret@bucket/x", "s3://bucket/x"),
        ("s3://AKIA:sec/ret+9@bucket/x", "s3://bucket/x"),
        ("https://me:pass@host:8080/x", "https://host:8080/x"),
        ("https://token@host/x", "https://host/x"),
        ("https://host:8080/a-b", "https://host:8080/a-b"),
        ("https://host:8080/a@b", "https://b"),  # the port may be a password's begin
        ("s3://KEY:/abc@b/x", "s3://b/x"),
        ("s3://KEY:12/abc@b/x", "s3://b/x"),
        ('s3://KEY:it\'s "all" <of> it@b/x', "s3://b/x"),
        ("--out=s3://KEY:a secret@b/x y", "--out=s3://b/x y"),
        ("https://host/x?mail=a:b@c", "https://...?..."),
        ("https://host:80/x?mail=a@c", "https://...?..."),
        ("https://host/x?X-Amz-Signature=abc&b=1", "https://host/x?..."),
        ("https://host/x#part", "https://host/x?..."),
        ("gs://b/x?token=abc", "gs://b/x?..."),
        ("abfs://container@account.dfs.core.windows.net/x",) * 2,
        ("abfs://a:key@account/x", "abfs://account/x"),
        ("hf://datasets/me/d@main/x.parquet", "hf://datasets/me/d@main/x.parquet"),
        ("sftp://me:pa@ss@host/x", "sftp://host/x"),
        ("/home/me/samples.jsonl", "/home/me/samples.jsonl"),
        ("--out=s3://k:secret@b/x", "--out=s3://b/x"),
    ],
)
def test_a_url_is_told_without_what_is_secret_in_it(url: str, shown: str) -> None:
    assert told(url) == shown


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    scheme=st.sampled_from(["s3", "https", "abfs", "sftp", "hf"]),
    user=TEXT,
    password=TEXT.filter(lambda text: len(text) > 3),
    option=st.sampled_from(["", "--out="]),
)
@example("s3", "KEY", "12/abc", "")
@example("https", "KEY", "a?b=c@d", "")
@example("https", "?", "00000", "")
@example("s3", "a:b", "c:d/e@f", "--out=")
def test_no_password_of_an_argument_is_told(
    scheme: str, user: str, password: str, option: str
) -> None:
    assume(password not in f"... is wrong at {option}{scheme}://bucket/x?...")
    url = f"{scheme}://{user}:{password}@bucket/x"
    assert password not in told(option + url)
    if len(password) > 4:
        assert password not in without_secrets(f"{password} is wrong at {url}", url)


def test_secrets_are_cut_from_what_a_driver_says_too() -> None:
    url = "https://me:p%40ssword@host/x?sig=abcdefgh"
    said = "no p@ssword for me at https://me:p%40ssword@host/x?sig=abcdefgh (abcdefgh)"
    assert without_secrets(said, url) == "no ... for me at https://host/x?... (...)"
    assert secrets_in("s3://bucket/x") == set()


def test_a_url_is_known_also_after_it_was_taken_for_a_path() -> None:
    assert is_url("s3://bucket/run")
    assert is_url("s3:/bucket/run")
    assert not any(map(is_url, ("run", "/s3/run", "C:/run", "file:///run", "a/s3:/b")))
    assert (scheme_of("GS://b"), scheme_of("a/b")) == ("gs", "")


def test_a_run_at_a_url_is_refused_with_what_to_do() -> None:
    refuse_run_url(Path("runs/today"))
    with pytest.raises(InputError) as refused:
        refuse_run_url(Path("s3://key:secret/y@bucket/run"))
    assert str(refused.value).startswith("s3://bucket/run: a run lies in a folder of this machine")
    assert "`rlaif export FOLDER --out s3://bucket/run`" in str(refused.value)


class _Said(aiohttp.ClientError):
    status = 403


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (None, "no such object or bucket"),
        (_Said("x"), "the store gives no right to this"),
        (aiohttp.ClientPayloadError("cut"), r"cannot be opened \(ClientPayloadError: cut\)"),
    ],
)
def test_what_the_driver_of_the_web_hides_behind_an_absent_file_is_told(
    cause: Exception | None, shown: str
) -> None:
    with pytest.raises(InputError, match=f"^https://host/x: {shown}"):
        _open_in_vain(cause)


def _open_in_vain(cause: Exception | None) -> None:
    with store_errors("https://host/x", "cannot be opened"):
        raise FileNotFoundError("https://host/x") from cause


def test_no_traceback_tells_a_secret_either() -> None:
    with pytest.raises(InputError) as refused, store_errors("https://a:secret@host/x", "fails"):
        raise OSError("a:secret is wrong")
    assert refused.value.__suppress_context__
    assert "secret" not in str(refused.value)
