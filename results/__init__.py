"""A run directory as Python objects, for notebooks and scripts: ``results.open_run("runs/demo")``."""

from results.run import Run, open_run
from results.tables import Table

__all__ = ["Run", "Table", "open_run"]
