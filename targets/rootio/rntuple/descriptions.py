"""The description of an RNTuple (header, footer, lists of pages) against itself, before anything is read by it.

uproot compares header and footer with their checksums, and leaves out the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from uproot.source.chunk import Chunk
from uproot.source.cursor import Cursor

from targets.rootio.compression import Decompressor
from targets.rootio.flat_arrays import ShapeError
from targets.rootio.rntuple.columns import CHECKSUM_BYTES, compare_checksum

__all__ = ["check_description", "read_by_uproot"]

_EPOCH = 1
"""Of the format: before it was final, there were others (epoch 0)."""


def check_description(ntuple: Any) -> None:
    """Read the lists of pages of an RNTuple, and compare what its parts say of each other.

    Args:
        ntuple: uproot's RNTuple; from now on, it reads its lists of pages through this module.

    Raises:
        ShapeError: For a version of the format, or features of it, that are not read.
        ValueError: When a part is damaged, or contradicts another.
    """
    _refuse_unknown(ntuple)
    source, decompressor = ntuple.file.source, Decompressor()

    def read_locator(locator: Any, size: int) -> Any:
        chunk = source.chunk(locator.offset, locator.offset + locator.num_bytes)
        page = np.frombuffer(decompressor.decompress(np.asarray(chunk.raw_data).data, size), np.uint8)
        compare_checksum(page[:-CHECKSUM_BYTES].data, page[-CHECKSUM_BYTES:].data, "list of pages")
        return Chunk.wrap(source, page), Cursor(0)

    ntuple.read_locator = read_locator
    _compare_clusters(ntuple)


@contextmanager
def read_by_uproot(ntuple: Any) -> Iterator[None]:
    """Let uproot read pages of an RNTuple, which it does through the function that reads lists of pages.

    Args:
        ntuple: uproot's RNTuple, after :func:`check_description`.

    Yields:
        Nothing.
    """
    checked = ntuple.__dict__.pop("read_locator")
    try:
        yield
    finally:
        ntuple.read_locator = checked


def _refuse_unknown(ntuple: Any) -> None:
    epoch = ntuple.members["fVersionEpoch"]
    if epoch != _EPOCH:
        msg = f"it is of epoch {epoch} of the format, of which {_EPOCH} is read: write it again with a newer ROOT"
        raise ShapeError(msg)
    if flags := ntuple.header.feature_flag | ntuple.footer.feature_flag:
        msg = f"it has features of the format ({flags:#x}) that are not read"
        raise ShapeError(msg)


def _compare_clusters(ntuple: Any) -> None:
    """Compare the clusters, of which each must begin where the one before ends, with the groups that they are in."""
    end, envelopes = 0, ntuple.page_list_envelopes
    for group, listed in zip(ntuple.footer.cluster_group_records, envelopes, strict=True):
        if listed.header_checksum != ntuple.header.checksum:
            msg = "a list of pages belongs to another header"
            raise ValueError(msg)
        begin = end
        for summary in listed.cluster_summaries:
            if summary.num_first_entry != end:
                msg = f"a cluster begins with entry {summary.num_first_entry}, and the one before ends at {end}"
                raise ValueError(msg)
            end += summary.num_entries
        numbers = len(listed.cluster_summaries), len(listed.pagelinklist)
        if (group.min_entry_num, group.entry_span) != (begin, end - begin) or numbers != (group.num_clusters,) * 2:
            msg = (
                f"{group.num_clusters} clusters with {group.entry_span} entries from {group.min_entry_num} on are "
                f"announced, and {numbers[0]} with {end - begin} from {begin} on are listed"
            )
            raise ValueError(msg)
