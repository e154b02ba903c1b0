"""What all products share: where they lie, and what their names depend on. Paths are made here and nowhere else."""

import json
import sys
import textwrap
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, wraps
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import law
from luigi.parameter import ParameterVisibility

from edm.wording import did_you_mean
from targets.documents import models
from targets.documents.digests import digest
from targets.documents.json import Json
from targets.documents.variant_inputs import VariantInputs
from targets.errors import ConfigurationError
from targets.events import schemas
from targets.storage import atomic
from tasks.cli import messages
from tasks.parameters.list_types import Handling

__all__ = ["FileTarget", "FolderTarget", "Product", "default_text", "once_per_dataset"]

_Answer = TypeVar("_Answer")

_PANE = 66  # columns of the pane in which luigid shows a failure, and which breaks no line


class _WithCompanions:
    """A product that is there when the files beside it are there that belong to it."""

    companions: tuple[Path, ...] = ()

    def exists(self) -> bool:
        """Tell whether all of it is there."""
        return bool(super().exists()) and all(path.exists() for path in self.companions)  # type: ignore[misc] # law's

    def remove(self, *_args: Any, **_kwargs: Any) -> bool:
        """Remove all of it, as --remove-output does."""
        paths = [path for path in (Path(self.abspath), *self.companions) if path.exists()]  # type: ignore[attr-defined]
        for path in paths:
            atomic.remove_folder(path) if path.is_dir() else path.unlink()
        return bool(paths)


class FileTarget(_WithCompanions, law.LocalFileTarget):
    """A file that is a product."""


class FolderTarget(_WithCompanions, law.LocalDirectoryTarget):
    """A folder that is a product: it exists whole or not at all, also when its removal is interrupted."""


class Product(law.Task):
    """A task with a place in the run directory, named by everything that can change its content."""

    directory: ClassVar[str] = ""
    """Its folder of the run directory."""

    revision: ClassVar[int] = 1
    """Raised by the author of a stage when its results change."""

    variant_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that first matter to this stage and can change its result."""

    described_parameters: ClassVar[tuple[str, ...]] = ()
    """Parameters that first matter to this stage, of which its variants name what they mean for a dataset."""

    left_out_at: ClassVar[Mapping[str, Any]] = {}
    """Values at which such a parameter changes nothing, and is left out: runs of before it existed keep their names."""

    exclude_index = True

    remove_output = Handling(
        words=3,
        default=(),
        significant=False,
        description="remove results, as 0,a: number of stages upstream; a, i or d; whether the task runs afterwards",
    )
    fetch_output = Handling(
        words=5,
        default=(),
        significant=False,
        description="copy results, as 0,a,FOLDER: number of stages upstream; a, i or d; where to",
    )

    @classmethod
    @cache
    def get_params(cls) -> list[tuple[str, Any]]:
        """Return the parameters by name; law asks hundreds of times a run, and luigi looks at all names each time."""
        parameters: list[tuple[str, Any]] = super().get_params()
        return parameters

    @classmethod
    def get_param_values(cls, params: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Return the values of parameters by name.

        Raises:
            ConfigurationError: When Python code gives one that does not exist.
        """
        names = [name for name, _ in params]
        if unknown := next((name for name in kwargs if name not in names), None):
            msg = f"{cls.__name__} has no parameter {unknown!r}{did_you_mean(unknown, names)}"
            raise ConfigurationError(msg)
        return super().get_param_values(params, args, kwargs)

    def run_directory(self) -> Path:
        """Return the folder of the run."""
        return Path(str(self.base_output_dir)) / str(self.run_name)

    def own_variant_inputs(self) -> VariantInputs:
        """Return what this task alone adds to the name of a variant."""
        return VariantInputs({type(self).__name__: self.own_settings()})

    def own_settings(self) -> dict[str, Json]:
        """Return what names a variant of this task itself: its revision and parameters, as text."""
        named = [name for name in self.variant_parameters if not self.is_left_out(name)]
        return {"revision": self.revision, **{name: self._serialized(name) for name in named}}

    def is_left_out(self, name: str) -> bool:
        """Tell whether a parameter of this stage does not name variants, at its present value."""
        return name in self.left_out_at and getattr(self, name) == self.left_out_at[name]

    def variant_folder(self, inputs: VariantInputs) -> Path:
        """Return the folder of a variant: eight hex digits of a hash over what names it."""
        return self.run_directory() / self.directory / inputs.digest(8)

    def tell(self, text: str, terminal: bool = True) -> None:
        """Say something in the terminal and, where a scheduler listens, in luigid."""
        listens = callable(getattr(self, "set_status_message", None))
        self.publish_message(messages.printable(text), stdout=sys.stdout if terminal else None, scheduler=listens)

    def on_failure(self, exception: BaseException) -> str:
        """Return what luigid shows of a failure: the sentence of an error that explains itself, else the traceback."""
        sentence = messages.sentence(exception)
        if sentence is None:
            return str(super().on_failure(exception))
        return "\n".join(map(_fold, sentence.splitlines()))

    def sweep(self, *folders: Path) -> None:
        """Remove what killed runs left in folders."""
        for folder in folders:
            for name in atomic.sweep(folder):
                self.tell(f"removed {name}, left by a killed run in {folder}")

    def _repr_params(self, *_args: Any, **_kwargs: Any) -> Any:
        """Name the task by what differs from the defaults, as in luigid."""
        return {name: getattr(self, name) for name in self.to_str_params(only_significant=True, only_public=True)}

    def _serialized(self, name: str) -> str:
        """Return a parameter as text; for those that name YAML files, the digest of the files' content."""
        value = getattr(self, name)
        if name == "selection":
            return _fingerprint(self.selection_path())
        if name == "schema":
            path = schemas.find(value)
            paths = [path] if path else sorted(schemas.BUILT_IN.glob("*.yaml"))
            return digest([_fingerprint(path, self.ignored_schema_keys()) for path in paths], 64)
        return str(dict(self.get_params())[name].serialize(value))

    def ignored_schema_keys(self) -> tuple[str, ...]:
        """Return keys of schemas on which results do not depend."""
        return ()

    def content_of(self, name: str, value: Json) -> Json:
        """Return what a YAML file says that names a variant, as text where JSON has no such kind; else the value."""
        path = self.selection_path() if name == "selection" else schemas.find(self.schema) if name == "schema" else None
        return json.loads(json.dumps(models.content(path), default=str)) if path else value

    def to_str_params(self, only_significant: bool = False, only_public: bool = False) -> dict[str, str]:
        """Return parameters as text; for the public (names in luigid) only those that differ from their default."""
        text: dict[str, str] = super().to_str_params(only_significant, only_public)
        if not only_public:
            return text
        distinctive = self._distinctive()
        return {name: value for name, value in text.items() if name in distinctive}

    def _get_param_visibilities(self) -> dict[str, int]:
        """Hide the parameters that say nothing from luigid's page too."""
        visibilities: dict[str, int] = super()._get_param_visibilities()
        hidden, distinctive = ParameterVisibility.HIDDEN.serialize(), self._distinctive()
        return {name: seen if name in distinctive else hidden for name, seen in visibilities.items()}

    def _distinctive(self) -> set[str]:
        """Name the parameters that tell a run from others: its name, and what differs from the defaults."""
        law_says_nothing = {"workflow", "effective_workflow"} if self.__dict__.get("workflow") == "local" else set()
        return {"run_name"} | {
            name
            for name, parameter in self.get_params()
            if parameter.significant
            and parameter.visibility == ParameterVisibility.PUBLIC
            and name not in law_says_nothing
            and parameter.serialize(getattr(self, name)) != default_text(parameter)
        }


def once_per_dataset(method: Callable[[Any, str], _Answer]) -> Callable[[Any, str], _Answer]:
    """Let a method of a stage work once for each dataset: the stage as a whole does, and keeps the answer for branches.

    Args:
        method: Takes the stage and a dataset.

    Returns:
        The same, with answers that are kept.
    """

    @wraps(method)
    def ask(stage: Any, dataset: str) -> _Answer:
        whole = stage.as_workflow()
        answers: dict[str, _Answer] = whole.__dict__.setdefault(f"_answers_of_{method.__qualname__}", {})
        if dataset not in answers:
            answers[dataset] = method(whole, dataset)
        return answers[dataset]

    return ask


def _fingerprint(path: Path, ignored: tuple[str, ...] = ()) -> str:
    """Return the digest of a YAML file's content; every branch asks for it several times, and parsing takes 20 ms."""
    return _fingerprint_of(path, path.stat().st_mtime_ns, ignored)


@lru_cache(maxsize=64)
def _fingerprint_of(path: Path, _modified_ns: int, ignored: tuple[str, ...]) -> str:  # a changed file is another key
    return models.fingerprint(path, ignored)


def _fold(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, _PANE, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def default_text(parameter: Any) -> str:
    """Return the default of a parameter as a command line writes it.

    Args:
        parameter: The parameter.

    Returns:
        The text; luigi has no public getter for it.
    """
    return str(parameter.serialize(parameter.normalize(parameter._default)))
