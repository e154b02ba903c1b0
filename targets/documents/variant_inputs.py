"""What names a variant: everything that can change the results of a stage, as one document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from targets.documents.digests import digest
from targets.documents.json import Json

__all__ = ["VariantInputs"]


@dataclass(frozen=True)
class VariantInputs:
    """What the results of a stage depend on; each operation gives a new record.

    Attributes:
        settings: Revision and parameters of the stage and of those upstream, by the name of the stage.
        facts: What else it is, by name: what is known of the dataset's files, for instance.
    """

    settings: Mapping[str, Mapping[str, Json]]
    facts: Mapping[str, Json] = field(default_factory=dict)

    def with_upstream(self, upstream: "VariantInputs") -> "VariantInputs":
        """Add what the results of a stage upstream depend on; what is here already stays."""
        return VariantInputs({**upstream.settings, **self.settings}, {**upstream.facts, **self.facts})

    def with_settings(self, stage: str, **settings: Json) -> "VariantInputs":
        """Add settings of a stage, in place of those of the same name."""
        return replace(self, settings={**self.settings, stage: {**self.settings[stage], **settings}})

    def with_facts(self, **facts: Json) -> "VariantInputs":
        """Add facts, in place of those of the same name."""
        return replace(self, facts={**self.facts, **facts})

    def described(self, describe: Callable[[str, Json], Json]) -> "VariantInputs":
        """Return the same with other values of the settings, as a reader wants them.

        Args:
            describe: Takes the name of a setting and its value, and gives the value to show.
        """
        settings = {
            stage: {name: describe(name, value) for name, value in values.items()}
            for stage, values in self.settings.items()
        }
        return replace(self, settings=settings)

    def document(self) -> dict[str, Json]:
        """Return the settings and the facts by name, as JSON holds them."""
        return {**self.settings, **self.facts}

    def digest(self, digits: int) -> str:
        """Return the first hex digits of a hash over all of it, in whatever order it was added.

        Args:
            digits: How many hex digits.
        """
        return digest(self.document(), digits)
