"""Fixtures that every folder of tests may use."""

import atexit
import os
import signal
from pathlib import Path

import pytest


def pytest_unconfigure() -> None:
    """The summary is the last line: DuckDB's bindings (2.0.0) list modules that outlive them when Python shuts down."""
    atexit.register(os.dup2, os.open(os.devnull, os.O_WRONLY), 2)


def pytest_configure() -> None:
    """What a shell starts behind `&` ignores Ctrl-C, and so would every process that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public data beside the checkout; a user has none."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return folder


@pytest.fixture(scope="session")
def s3():
    """Address of moto's S3 server, with a bucket `crawl`."""
    boto3 = pytest.importorskip("boto3")
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=address, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    client.create_bucket(Bucket="crawl")
    yield address, client
    client.close()
    server.stop()
