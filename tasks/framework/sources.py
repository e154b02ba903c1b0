"""Tasks that depend on which files there are."""

from pathlib import Path
from typing import Any

from edm.records.samples import SampleNumbers
from targets.catalogue import input_files, local_files
from targets.catalogue.input_files import Catalogue, InputFile
from targets.documents.digests import digest
from targets.errors import ConfigurationError
from tasks.cli import command_line, messages
from tasks.framework.product import Product
from tasks.parameters.inputs import SourceParameters

__all__ = ["FileListTask", "PrintingTask", "SourceTask"]

_NO_SOURCE = (
    "no input files are chosen: set one or more of input_files (files, globs, URLs), release_years (such as "
    "2020e-13tev), specific_record_ids (of the CERN Open Data portal), or release_years=demo (built-in toy data)"
)

_LONGEST = "im_arrays_processed/01234567/" + "x" * 80  # about as long as paths in a run directory become


class SourceTask(SourceParameters, Product):
    """A task that depends on which files there are.

    The task that a user asks for looks at the local files once and hands their digest on, so that a file that is
    added or changed gives other paths, and "exists" stays the meaning of done.
    """

    exclude_index = True

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Set the digest of the local files where nobody has set it yet.

        Raises:
            ConfigurationError: When no source of files is given, or a local file does not exist.
        """
        params = super().modify_param_values(params)
        if not params["local_files"]:
            if not any(params[name] for name in ("input_files", "release_years", "specific_record_ids")):
                raise ConfigurationError(_NO_SOURCE)
            task = cls.__new__(cls)  # as it will be, but for the digest, which names it
            task.__dict__.update(params)
            _check_place(task.run_directory())
            command_line.check(getattr(cls, "prefer_params_cli", ()))
            task.check_parameters()
            listed = local_files.local_files(task.input_files, task.other_data_type()).files
            params["local_files"] = digest([input_files.identity(file) for file in listed], 8)
        return params


class PrintingTask(SourceTask):
    """A task that prints what a run has or will do, anew each time, and writes nothing."""

    exclude_index = True

    _printed = False

    def complete(self) -> bool:
        """Tell whether it has printed."""
        return self._printed

    def run(self) -> None:
        """Print the lines."""
        self.tell("\n".join(self.lines()))
        self._printed = True

    def lines(self) -> list[str]:
        """Return what is printed."""
        raise NotImplementedError


class FileListTask(SourceTask):
    """The task that lists the files of a run, as the stages use it."""

    exclude_index = True

    def path(self) -> Path:
        """Return the path of the list."""
        raise NotImplementedError

    def is_known(self) -> bool:
        """Tell whether the list is there."""
        raise NotImplementedError

    def files(self) -> tuple[InputFile, ...]:
        """Return the run's files: the first of the list, or all."""
        raise NotImplementedError

    def listed(self) -> Catalogue:
        """Return the whole list."""
        raise NotImplementedError

    def unavailable(self, dataset: str) -> list[str]:
        """List the addresses of a dataset that are left out because they lie on tape."""
        return [file.uri for file in self.listed().unavailable if file.dataset == dataset]

    def sample(self, dataset: str) -> SampleNumbers:
        """Return what the catalogue says of a sample of simulation; nothing is known of one that it does not list."""
        return SampleNumbers.of_catalogue(self.listed().samples.get(dataset, {}))

    def sample_name(self, dataset: str) -> str:
        """Return what figures call a sample of simulation: its number and, where the catalogue has one, its name."""
        listed = self.listed()
        number = next((file.sample for file in listed.files if file.dataset == dataset), dataset)
        return " ".join([number, str(listed.samples.get(dataset, {}).get("physics_short") or "")]).strip()

    def is_whole(self, dataset: str) -> bool:
        """Tell whether the run reads all files of a dataset: ``max_files_to_process`` may leave some out."""
        read, listed = ([file.dataset for file in files] for files in (self.files(), self.listed().files))
        return read.count(dataset) == listed.count(dataset)


def _check_place(folder: Path) -> None:
    """Refuse a run directory with impossible paths: too long, or a loop of symbolic links."""
    try:
        (folder / _LONGEST).stat()
    except (FileNotFoundError, NotADirectoryError, PermissionError):  # what is there is looked at when it is needed
        return
    except OSError as error:
        error.filename = str(folder)
        raise ConfigurationError(messages.sentence(error) or f"{folder}: {error.strerror}") from error
