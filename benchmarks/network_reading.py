"""One file read in one way in a process of its own, which prints what it took: for network.py.

usage: python benchmarks/network_reading.py WAY ADDRESS RELEASE CONNECTIONS SMALL_FILE

Ways: local (a path), stream, stream-32 (single ranges with a gap of 32 KiB), auto, single (one range after the other,
as until November 2026), download, uproot (with its defaults), uproot-4 (on four connections).
"""

import importlib
import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import network_files
import network_single
import numpy as np
import uproot
import xxhash

from targets.catalogue.input_files import InputFile
from targets.events.inputs import FetchOptions, open_input
from targets.network.retry import RetryPolicy
from targets.network.streaming import hosts
from targets.rootio import files

_MEMORY_BYTES = 800 * 10**6  # of a process with the default limit


def read(way: str, address: str, release: str, connections: int, folder: Path) -> dict[str, object]:
    """Read a file and return what it took: bytes and requests (None where that is not known), events, and a digest."""
    schema, columns = network_files.wanted(release)
    if way.startswith("uproot"):
        names = list(network_files.branches(schema, columns))
        with uproot.open(address, **({"get_client": _four_connections} if way == "uproot-4" else {})) as file:
            arrays = file[schema.trees[0]].arrays(names)
        return {"bytes": None, "requests": None, "events": len(arrays), "digest": None}
    mode = way if way in ("auto", "download") else "stream"
    file = InputFile(address, None, None, None, release, None, release, "data")
    fetching = FetchOptions(mode, folder, False, RetryPolicy(connections_per_host=connections))
    digests: dict[tuple[str, str], xxhash.xxh3_64] = {}
    n_events = 0
    with open_input(file, [schema], fetching, lambda _: columns) as opened:
        for chunk in opened.events.chunks(columns, 100_000, _MEMORY_BYTES):
            n_events += len(chunk.run)
            for kind, objects in chunk.objects.items():
                for name, column in {**objects.columns, "counts": objects.counts()}.items():
                    digests.setdefault((kind, name), xxhash.xxh3_64()).update(np.ascontiguousarray(column))
        traffic = opened.traffic()
    digest = {f"{kind} {name}": digest.hexdigest() for (kind, name), digest in sorted(digests.items())}
    return {"bytes": traffic.received, "requests": traffic.requests, "events": n_events, "digest": digest}


async def _four_connections(**options: object) -> object:
    """Make the session in which fsspec asks, with as many connections as ours."""
    aiohttp = importlib.import_module("aiohttp")
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=4), **options)


def main() -> int:
    """Read, and print a line of JSON; return 0."""
    way, address, release, connections, small = sys.argv[1:]
    if way == "stream-32":
        hosts.Host.gap_bytes = lambda _: 32 * 1024  # type: ignore[method-assign]
    if way == "single":
        files.HttpSource = network_single.SingleSource  # type: ignore[misc]
    with tempfile.TemporaryDirectory() as folder:
        read(
            "uproot" if way.startswith("uproot") else "local", small, release, 1, Path(folder)
        )  # imports, compiled loops
        began, cpu = time.monotonic(), time.process_time()
        taken = read(way, address, release, int(connections), Path(folder))
        taken |= {"seconds": time.monotonic() - began, "cpu": time.process_time() - cpu}
    print(json.dumps(taken | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
