"""Parameters of figures and the report."""

from collections.abc import Sequence
from typing import Any

from tasks.parameters.histograms import HistogramParameters
from tasks.parameters.list_types import Names
from tasks.parameters.types import Flag, Number

__all__ = ["PlotParameters"]


def _check_formats(formats: Sequence[str]) -> None:
    unknown = set(formats) - {"png", "pdf"}
    if unknown or not formats:
        msg = f"it must be png, pdf or both, not {', '.join(sorted(unknown)) if formats else 'none'}"
        raise ValueError(msg)


class PlotParameters(HistogramParameters):
    """What is drawn."""

    plotted_final_states = Number(
        int,
        minimum=0,
        default=10,
        description="number of final states of a dataset whose masses are drawn, the largest first",
    )
    plotted_combinations = Number(
        int,
        minimum=0,
        default=15,
        description="number of combinations of a final state that are drawn, the most populated first, 0 for all (15 "
        "fill a page)",
    )
    stack_samples = Flag(
        default=True,
        description="draw the samples of simulation stacked; False: their sum alone",
    )
    plot_formats = Names(
        check=_check_formats,
        default=("png", "pdf"),
        description="formats of the figures: png, pdf, comma-separated",
    )

    def figure_options(self) -> Any:
        """Return what steps.output.figures draws."""
        from steps.output.figures import FigureOptions

        return FigureOptions(
            formats=self.plot_formats,
            final_states=self.plotted_final_states,
            combinations=self.plotted_combinations,
            width_gev=self.bin_width_gev[0],
            max_multiplicity=self.max_multiplicity,
        )
