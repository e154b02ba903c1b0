"""Tasks that depend on which files there are."""

from pathlib import Path
from typing import Any

from targets.catalogue import input_files, local_files
from targets.errors import ConfigurationError
from tasks.cli import command_line
from tasks.cli.parameters import SourceParameters
from tasks.framework.product import Product, digest
from tasks.stages.inputs.fetch_metadata import _check_place
from tasks.stages.inputs.make_demo import RELEASE

__all__ = ["SourceTask"]

_NO_SOURCE = (
    "no source of files is given: set one or more of input_files (files, globs, URLs), release_years (as "
    "2020e-13tev), specific_record_ids (of the CERN Open Data portal), or release_years=demo (built-in toy data)"
)


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
            _check_choices(params)
            _check_place(Path(params["base_output_dir"]) / params["run_name"])
            command_line.check(getattr(cls, "prefer_params_cli", ()))
            cls.check_parameters(params)
            listed = local_files.local_files(params["input_files"], params["data_type"]).files
            params["local_files"] = digest([input_files.identity(file) for file in listed], 8)
        return params

    @classmethod
    def check_parameters(cls, params: dict[str, Any]) -> None:
        """Raise for parameters that contradict each other, before anything has been done; the default takes all."""


def _check_choices(params: dict[str, Any]) -> None:
    """Refuse what would choose nothing: skims and dataset numbers are those of releases."""
    if set(params["release_years"]) <= {RELEASE}:
        for name in ("skim", "dataset_ids"):
            if params[name]:
                msg = f"{name} = {params[name]!r} chooses among the files of a release, and release_years names none: "
                raise ConfigurationError(msg + f"leave {name} out, or name the release")
