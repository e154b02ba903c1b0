"""Pages of an RNTuple, and the lists of them: each is read once and compared with its checksum; uproot does not."""

from typing import Any

import numpy as np
import xxhash
from uproot.source.chunk import Chunk
from uproot.source.cursor import Cursor

from targets.rootio.compression import Bytes, Decompressor, UnknownLayoutError

__all__ = ["check_here"]

_CHECKSUM_BYTES = 8
"""Behind a page, where it has one, and at the end of each list of pages."""


def check_here(ntuple: Any) -> None:
    """Let an RNTuple read its pages through this module.

    Args:
        ntuple: uproot's RNTuple; its lists of pages are read now.

    Raises:
        ValueError: When a list of pages is damaged, now; when a page is, as soon as it is read.
    """
    lists = {record.page_list_link.locator.offset for record in ntuple.footer.cluster_group_records}
    guarded: set[int] = set()
    source, by_uproot, decompressor = ntuple.file.source, ntuple.read_locator, Decompressor()

    def read_locator(locator: Any, size: int) -> Any:
        more = _CHECKSUM_BYTES if locator.offset in guarded else 0
        chunk = source.chunk(locator.offset, locator.offset + locator.num_bytes + more)
        page, checksum = np.split(np.asarray(chunk.raw_data), [locator.num_bytes])
        if more:
            _compare(page.data, checksum.data, f"page at byte {locator.offset}")
        if len(page) < size:
            try:
                page = np.frombuffer(decompressor.decompress(page.data, size), np.uint8)
            except UnknownLayoutError:
                return by_uproot(locator, size)
        if locator.offset in lists:
            _compare(page[: size - _CHECKSUM_BYTES].data, page[size - _CHECKSUM_BYTES : size].data, "list of pages")
        return Chunk.wrap(source, page), Cursor(0)

    ntuple.read_locator = read_locator
    columns = (column for cluster in ntuple.page_link_list for column in cluster)
    guarded.update(page.locator.offset for column in columns for page in column.pages if page.has_checksum)


def _compare(data: Bytes, checksum: Bytes, what: str) -> None:
    if xxhash.xxh3_64_intdigest(data) != int.from_bytes(checksum, "little"):
        msg = f"the checksum of the {what} is wrong"
        raise ValueError(msg)
