"""MakeDemo: toy data with one planted resonance, so that a first run needs no network."""

from typing import Any

from targets.catalogue.input_files import Catalogue, InputFile
from tasks.cli.parameters import RunParameters
from tasks.framework.product import FolderTarget, Product

__all__ = ["DATASET", "RELEASE", "MakeDemo"]

RELEASE = "demo"
"""What release_years names to read the demo data."""

DATASET = "demo_data"
"""The dataset of the demo data."""


class MakeDemo(RunParameters, Product):
    """Make the demo data: toy collisions in CMS NanoAOD and ATLAS PHYSLITE files, the same in every run."""

    room = "demo"
    exclude_index = False

    def output(self) -> Any:
        """Give the folder of the files."""
        return FolderTarget(str(self.variant_folder(self.named_by())))

    def run(self) -> None:
        """Make all files."""
        from steps import demo

        folder = self.variant_folder(self.named_by())
        self.sweep(folder.parent)
        demo.write(folder, self.publish_progress)
        self.tell(f"MakeDemo: {len(demo.names())} files of toy data in {folder}")

    def catalogue(self) -> Catalogue:
        """List the files; their folder's name stands for their content, so that they need no time of change."""
        from steps import demo

        files = [str(self.variant_folder(self.named_by()) / name) for name in demo.names()]
        return Catalogue([InputFile(file, None, None, None, RELEASE, None, DATASET, "data") for file in files], [])
