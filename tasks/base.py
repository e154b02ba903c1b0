"""What all products share: where they lie, and what their names depend on. Paths are made here and nowhere else."""

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

import law

from targets import documents, schemas

__all__ = ["SELECTIONS", "Product", "digest"]

SELECTIONS = Path(__file__).resolve().parent.parent / "selections"
"""The folder of the selections that come with the project."""


class Product(law.Task):
    """A task with a place in the run directory, named by everything that can change its content."""

    room: ClassVar[str] = ""
    """Folder of the run directory."""

    revision: ClassVar[int] = 1
    """Raised by the author of a stage when its results change."""

    own: ClassVar[tuple[str, ...]] = ()
    """Parameters that first matter to this stage and can change its result."""

    exclude_index = True

    def run_folder(self) -> Path:
        """Give the folder of the run."""
        return Path(str(self.base_output_dir)) / str(self.run_name)

    def named_by(self) -> dict[str, Any]:
        """Give what the variant's name depends on, readable."""
        own = {name: self._serialized(name) for name in self.own}
        return {type(self).__name__: {"revision": self.revision, **own}}

    def variant_folder(self, named_by: dict[str, Any]) -> Path:
        """Give the folder of a variant: eight hex digits of a hash over what names it."""
        return self.run_folder() / self.room / digest(named_by, 8)

    def tell(self, text: str) -> None:
        """Say something in the terminal and, where a scheduler listens, in luigid."""
        self.publish_message(text, scheduler=callable(getattr(self, "set_status_message", None)))

    def _repr_params(self, *_args: Any, **_kwargs: Any) -> Any:
        """Name the task by what differs from the defaults, as in luigid."""
        return {name: getattr(self, name) for name in self.to_str_params(only_significant=True, only_public=True)}

    def _serialized(self, name: str) -> Any:
        """Give a parameter as text; for those that name YAML files, the digest of the files' content."""
        value = getattr(self, name)
        if name == "selection":
            return documents.fingerprint(documents.named_file("selection", value, SELECTIONS))
        if name == "schema":
            found = schemas.find(value)
            paths = [found] if found else sorted(schemas.BUILT_IN.glob("*.yaml"))
            return digest([documents.fingerprint(path) for path in paths], 64)
        return dict(self.get_params())[name].serialize(value)

    def to_str_params(self, only_significant: bool = False, only_public: bool = False) -> dict[str, str]:
        """Give parameters as text; for the public (names in luigid) only those that differ from their default."""
        text: dict[str, str] = super().to_str_params(only_significant, only_public)
        if not only_public:
            return text
        parameters = dict(self.get_params())
        hidden = {name for name in ("workflow", "effective_workflow") if text.get(name) == "local"}
        return {
            name: value
            for name, value in text.items()
            if name == "run_name" or (name not in hidden and value != _default(parameters[name]))
        }


def digest(document: Any, digits: int) -> str:
    """Give the first hex digits of a hash over a document.

    Args:
        document: Anything that JSON can write.
        digits: How many hex digits.

    Returns:
        The digits; equal documents give equal ones.
    """
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:digits]


def _default(parameter: Any) -> str:
    return str(parameter.serialize(parameter.normalize(parameter._default)))  # luigi has no public getter
