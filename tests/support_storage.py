"""Storage like S3 on this machine, by moto's server, and small data folders to keep in it."""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import requests
from moto.server import ThreadedMotoServer

from pipelines.publish.release import publish, seal
from pipelines.storage.bucket import Bucket
from pipelines.storage.lease import LOCK

BUCKET = "s3://kompas"
_prefixes = count(1)
# More than one part of a large object.
LARGE = 6_000_000


@contextmanager
def storage_server() -> Iterator[dict[str, str]]:
    """A server that answers like S3, with one bucket; gives the variables by which a program finds it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    address = f"http://127.0.0.1:{port}"
    try:
        made = requests.put(
            f"{address}/kompas",
            "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>",
            timeout=30,
        )
        # What moto keeps is of the process, so that the bucket of an earlier server is still there.
        assert made.status_code in (200, 409), made.text
        yield {
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "eu-west-1",
        }
    finally:
        server.stop()


def new_url() -> str:
    """A part of the bucket that nobody uses."""
    return f"{BUCKET}/{os.getpid()}-{next(_prefixes)}"


def make_data(data: Path, day: int) -> Path:
    """A data folder as a run of a day leaves it, on top of what is there: one file or more of every kind."""
    body = f"answer of day {day}".encode()
    digest = hashlib.sha256(body).hexdigest()
    write(data / f"landing/objects/{digest[:2]}/{digest}.gz", gzip.compress(body, mtime=0))
    write(data / "landing/locks/cbs/1.json", json.dumps({"snapshots": list(range(day))}).encode())
    write(data / "landing/partial/cbs/1.cbs_v4.jsonl", b"of this machine")
    write(data / "raw/invented/cbs__1/observations.parquet", body)
    write(data / "raw/invented/cbs__1/raw.json", json.dumps({"day": day}).encode())
    write(data / "build/checked.json", json.dumps({"day": day}).encode())
    write(data / "alerts.json", b"[]")
    failure = data / "landing/failures/invented/cbs/2.json"
    if day % 2:
        write(failure, b"{}")
    else:
        failure.unlink(missing_ok=True)
    built = data / "build/release"
    write(built / "regiokompas.db", body * (LARGE // len(body)))
    write(built / "tables/observations.parquet", body)
    seal(built, f"sample-2026-11-0{day}", {"is_invented": True}, {})
    publish(built, data / "releases", f"sample-2026-11-0{day}")
    return data


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def contents(bucket: Bucket) -> dict[str, bytes]:
    """Every object, except the lock, by its key."""
    found = {key: bucket.read(key) for key in bucket.listed() if key != LOCK}
    return {key: content[0] for key, content in found.items() if content}
