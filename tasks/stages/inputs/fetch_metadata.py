"""FetchMetadata: which files a run reads."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import law

from edm.wording import amount
from targets.catalogue import atlas_releases, cern_records, file_lists, input_files, local_files
from targets.catalogue.input_files import DEMO_RELEASE, Catalogue, InputFile
from targets.documents.digests import digest
from targets.documents.json import Json, dump_json
from targets.errors import ConfigurationError, FileFormatError
from tasks.cli import command_line
from tasks.framework.sources import FileListTask
from tasks.stages.inputs.make_demo import MakeDemo

__all__ = ["FetchMetadata"]

_PREVIEWS: dict[Path, tuple[InputFile, ...]] = {}  # lists that Plan made without writing them
_SEEN: dict[Path, tuple[InputFile, ...]] = {}  # lists that --remove-output may remove before the products of them

# What --refresh-metadata saw of each list at its first look: another file is one that this run made. No clock is
# asked, since a file server's may be behind; forked workers inherit it.
_OUTDATED: dict[Path, tuple[int, int] | None] = {}


class FetchMetadata(FileListTask):
    """List the input files, with size, checksum, release, dataset and whether they are data or simulation."""

    directory = "metadata"
    variant_parameters = (
        "local_files",
        "release_years",
        "specific_record_ids",
        "dataset_ids",
        "skim",
        "data_type",
        "skip_unavailable",
    )

    def requires(self) -> list[Any]:
        """Require the demo data where they are asked for."""
        return [MakeDemo.req(self)] if DEMO_RELEASE in self.release_years else []

    def path(self) -> Path:
        """Return the path of the list."""
        return self.variant_folder(self.own_variant_inputs()) / file_lists.NAME

    def output(self) -> Any:
        """Return the target of the list."""
        return law.LocalFileTarget(str(self.path()))

    def complete(self) -> bool:
        """Tell whether the list is there, not damaged and, after ``--refresh-metadata``, of this run."""
        state = _state(self.path())
        if self.refresh_metadata and state == _OUTDATED.setdefault(self.path(), state):
            return False
        return state is not None and _damage(self.path()) is None

    def run(self) -> None:
        """Query the sources and write the list.

        Raises:
            ConfigurationError: When the sources give no file.
        """
        self.sweep(self.path().parent, self._portals())
        if self.path().exists() and (damage := _damage(self.path())):
            self.tell(f"{damage}; it is made again")
        catalogue = self._list(keep=True)
        for note in catalogue.notes:
            self.tell(note)
        dump_json(self.path().with_name("parameters.json"), self.own_variant_inputs().document())
        dump_json(self.path(), file_lists.to_document(catalogue))
        self.tell(f"FetchMetadata: {amount(len(catalogue.files), 'file')}, listed in {self.path()}")

    def preview(self) -> Catalogue:
        """List the files without writing anything; :meth:`files` knows them then, in this process."""
        catalogue = file_lists.read(self.path()) if self.complete() else self._list(keep=False)
        _PREVIEWS[self.path()] = tuple(catalogue.files)
        return catalogue

    def files(self) -> tuple[InputFile, ...]:
        """Return the run's files: the first ``max_files_to_process`` of the list, or all.

        Raises:
            FileNotFoundError: When the list has not been made yet.
        """
        path = self.path()
        if path in _PREVIEWS:
            files = _PREVIEWS[path]
        elif not path.exists() and self.is_known():
            files = _SEEN[path]
        else:
            files = _SEEN[path] = tuple(self.listed().files)
        return files[: self.max_files_to_process] if self.max_files_to_process else files

    def listed(self) -> Catalogue:
        """Return the whole list.

        Raises:
            FileNotFoundError: When it has not been made yet.
        """
        return _load(self.path(), self.path().stat().st_mtime_ns)

    def is_known(self) -> bool:
        """Tell whether the list is there, or was until this command removed it."""
        return self.complete() or (self.path() in _SEEN and command_line.is_given("remove_output"))

    def _list(self, keep: bool) -> Catalogue:
        """Join the lists of all sources, in the order input_files, release_years, specific_record_ids."""
        lists = [local_files.local_files(self.input_files, self.other_data_type())]
        for release in self.release_years:
            if release == DEMO_RELEASE:
                lists.append(MakeDemo.req(self).catalogue())
            else:
                lists += [self._release(release, data_type, keep) for data_type in self.data_types()]
        if ids := self.specific_record_ids:
            lists.append(self._records(ids, keep))
        catalogue = input_files.merge(lists)
        if not catalogue.files:
            names = ("input_files", "release_years", "specific_record_ids")
            sources = ", ".join(f"{name} = {self.to_str_params()[name]}" for name in names if getattr(self, name))
            msg = f"there are no files: {sources}; check the names on the portal"
            raise ConfigurationError(msg)
        return catalogue

    def _release(self, release: str, data_type: str, keep: bool) -> Catalogue:
        ids = () if data_type == "data" and len(self.data_types()) > 1 else self.dataset_ids  # which are of samples
        options = (release, self.skim, data_type, ids)
        source: dict[str, Json] = {"release": list(map(str, options))}
        source |= {"samples": True} if data_type == "mc" else {}
        return self._kept(source, lambda: atlas_releases.release_files(*options), keep)

    def _records(self, ids: Sequence[int], keep: bool) -> Catalogue:
        data_type = self.other_data_type()
        skip = bool(self.skip_unavailable)
        source: dict[str, Json] = {"records": sorted(ids), "data_type": data_type}
        source |= {"skip_unavailable": True} if skip else {}
        return self._kept(source, lambda: cern_records.record_files(ids, data_type, skip_on_tape=skip), keep)

    def _kept(self, source: Mapping[str, Json], ask: Callable[[], Catalogue], keep: bool) -> Catalogue:
        """Return the stored answer of a portal; query it the first time, and with ``--refresh-metadata``."""
        path = self._portals() / f"{digest(source, 8)}.json"
        if path.exists() and not self.refresh_metadata:
            return file_lists.read(path)
        catalogue = ask()
        if keep:
            dump_json(path, {"source": source} | file_lists.to_document(catalogue))
        return catalogue

    def _portals(self) -> Path:
        return self.run_directory() / self.directory / "portals"


def _state(path: Path) -> tuple[int, int] | None:
    """Return what distinguishes one list from another at the same path; None when there is none."""
    if not path.exists():  # a file in the way of its folder is no list either
        return None
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _damage(path: Path) -> str | None:
    """Say why a list cannot be used; None when it can, or is gone."""
    try:
        _load(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except FileFormatError as error:
        return str(error)
    return None


@lru_cache(maxsize=16)
def _load(path: Path, modified_ns: int) -> Catalogue:  # noqa: ARG001 (a changed file is another key)
    return file_lists.read(path)
