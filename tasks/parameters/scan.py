"""Parameters of the scan for excesses, and of signals to test it with."""

from typing import Any

from targets.errors import ConfigurationError
from tasks.parameters.histograms import HistogramParameters
from tasks.parameters.output import PlotParameters
from tasks.parameters.types import Flag, Number, Text

__all__ = [
    "ClosureParameters",
    "EveryParameter",
    "ReportParameters",
    "ScanFigureParameters",
    "ScanParameters",
    "SignalParameters",
]

_LEAST_TOYS = 1000


class ScanParameters(HistogramParameters):
    """How histograms are scanned for excesses."""

    scan_toys = Number(
        int,
        minimum=_LEAST_TOYS,
        default=_LEAST_TOYS,
        description="toys per scanned histogram, from which its global p-value is computed; 1000 or more",
    )
    scan_most_toys = Number(
        int,
        minimum=_LEAST_TOYS,
        default=100_000,
        description="toys of a histogram at most: more are made while fewer than 10 have an excess as significant and "
        "the local significance is above 3 standard deviations",
    )
    scan_seed = Number(
        int, minimum=0, default=0, description="seed of the toys; each histogram's own is made of it and of its name"
    )
    collision_energy_gev = Number(
        float,
        minimum=0,
        default=0.0,
        description="collision energy in GeV that the background's function takes",
        default_text="the format's, 13000 where it is not known",
    )

    def scan_options(self, energy_tev: float | None) -> Any:
        """Return how histograms are scanned.

        Args:
            energy_tev: The format's collision energy in TeV; None where it is not known.
        """
        from physics.scan.toys import ScanOptions

        sqrt_s_gev = self.collision_energy_gev or 1000.0 * (energy_tev or 13.0)
        return ScanOptions(sqrt_s_gev, self.scan_toys, self.scan_most_toys, self.scan_seed)


class SignalParameters(HistogramParameters):
    """A signal that is added to one histogram, to see whether the scan finds it."""

    signal_name = Text(
        default="",
        description="histogram that the signal is added to, such as ROI_mass_e0m0_cat_1ex_1mx_…; none: no signal",
    )
    signal_mass_gev = Number(float, minimum=0, default=0.0, description="mean of the Gaussian signal in GeV")
    signal_width_gev = Number(
        float, minimum=0, default=0.0, description="standard deviation of the Gaussian signal in GeV"
    )
    signal_events = Number(int, minimum=0, default=0, description="events of the signal that are added to the counts")

    def check_parameters(self) -> None:
        """Raise for half a signal.

        Raises:
            ConfigurationError: When some of its parameters are set and others are not.
        """
        super().check_parameters()
        names = ("signal_name", "signal_mass_gev", "signal_width_gev", "signal_events")
        missing = [name for name in names if not getattr(self, name)]
        if 0 < len(missing) < len(names):
            msg = f"{' and '.join(missing)} must be set too: a signal has {', '.join(names)}"
            raise ConfigurationError(msg)

    def signal(self) -> Any:
        """Return the signal; None where none is asked for."""
        from physics.scan.injection import Signal

        return Signal(self.signal_mass_gev, self.signal_width_gev, self.signal_events) if self.signal_name else None


class ScanFigureParameters(ScanParameters, PlotParameters):
    """Which excesses are drawn."""

    plotted_excesses = Number(
        int,
        minimum=0,
        default=5,
        description="number of histograms that are drawn with their excess, the largest first",
    )


class ClosureParameters(SignalParameters, ScanFigureParameters):
    """How the scan is tested where a signal was injected."""

    closure_trials = Number(
        int,
        minimum=10,
        default=100,
        description="pseudo-experiments without a signal in the figure of the closure test, which is drawn where a "
        "signal is injected; a tenth of that for each of four strengths of the signal",
    )


class ReportParameters(ScanFigureParameters):
    """What the report has beside figures and histograms."""

    report_scan = Flag(default=True, description="scan the histograms for the report, and show what was found there")


class EveryParameter(ClosureParameters, ReportParameters):
    """All parameters of a run, for pages that list them in the order of the stages."""
