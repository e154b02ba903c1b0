"""MakeDemo: toy data with one planted resonance, so that a first run needs no network."""

from pathlib import Path
from typing import Any

from targets.catalogue.input_files import DEMO_DATASET, DEMO_RELEASE, Catalogue, InputFile
from tasks.framework.product import FolderTarget, Product
from tasks.parameters.inputs import RunParameters

__all__ = ["MakeDemo"]


class MakeDemo(RunParameters, Product):
    """Make the demo data: toy collisions in CMS NanoAOD and ATLAS PHYSLITE files, the same in every run."""

    directory = "demo"
    revision = 3

    def folder(self) -> Path:
        """Return the folder of the files."""
        return self.variant_folder(self.own_variant_inputs())

    def output(self) -> Any:
        """Return the folder of the files."""
        return FolderTarget(str(self.folder()))

    def run(self) -> None:
        """Make all files."""
        from steps import demo

        folder = self.folder()
        self.sweep(folder.parent)
        demo.write(folder, self.publish_progress)
        self.tell(f"MakeDemo: {len(demo.names())} files of toy data in {folder}")

    def catalogue(self) -> Catalogue:
        """List the files; their folder's name stands for their content, so that they need no time of change."""
        from steps import demo

        files = [str(self.folder() / name) for name in demo.names()]
        return Catalogue(
            [InputFile(file, None, None, None, DEMO_RELEASE, None, DEMO_DATASET, "data") for file in files], []
        )
