"""Parameters of what is asked of the events of a dataset as a whole: whether some are copies, and their luminosity."""

import hashlib
from pathlib import Path
from typing import Any

from targets.catalogue.luminosity_tables import read_luminosity_table
from targets.errors import ConfigurationError
from tasks.parameters.inputs import ParsingParameters
from tasks.parameters.types import Choice, FolderPath

__all__ = ["DatasetParameters"]


class DatasetParameters(ParsingParameters):
    """What is asked of the events of a dataset as a whole."""

    duplicates = Choice(
        ("auto", "check", "remove", "ignore"),
        default="auto",
        description="collisions that a dataset holds more than once, by run, luminosity block and event number: check "
        "ends the run, remove keeps the copy that comes first, ignore counts all; auto is check for a dataset of "
        "several records or streams, else ignore",
    )
    luminosity_table = FolderPath(
        default="",
        description="table of the luminosity of each block (brilcalc lumi --byls -u /pb -o FILE), from which the "
        "luminosity that was read is summed exactly; without one it is an estimate",
    )

    def check_parameters(self) -> None:
        """Raise for a table of luminosities that is absent, or none, and for copies of events that are not kept.

        Raises:
            ConfigurationError: When copies are removed from parsed data that are not kept.
        """
        super().check_parameters()
        if self.duplicates == "remove" and not self.keep_parsed:
            msg = (
                "keep_parsed = False: with duplicates = remove, parsed data are compared before their masses are made, "
                "and must be kept; use --keep-parsed True, or --duplicates check"
            )
            raise ConfigurationError(msg)
        self.luminosity_by_block()

    def luminosity_inputs(self) -> dict[str, str]:
        """Return what names a variant whose statistics have the exact luminosity: the content of the user's table."""
        if not self.luminosity_table:
            return {}
        return {"luminosity_table": hashlib.sha256(Path(self.luminosity_table).read_bytes()).hexdigest()}

    def luminosity_by_block(self) -> Any:
        """Return the luminosity of each block, as the user's table has it; None without a table."""
        from physics.events.good_runs import LuminosityTable

        return LuminosityTable(*read_luminosity_table(Path(self.luminosity_table))) if self.luminosity_table else None
