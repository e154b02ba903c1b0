"""Where data come from: experiment and collision energy of releases and records, and how CERN asks to cite them.

Nothing here is guessed: what is not known is None, and the reader is sent to the record's page.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from targets.catalogue.input_files import InputFile

__all__ = [
    "CITATIONS",
    "DISCLAIMER",
    "ORIGINS",
    "RELEASE_RECORDS",
    "Citation",
    "Origin",
    "citation",
    "origin",
]


class Origin(NamedTuple):
    """What a release or a file format tells.

    Attributes:
        experiment: ATLAS or CMS.
        energy_tev: Centre-of-mass energy in TeV, of a pair of nucleons for heavy ions; None when it is not known.
        heavy_ions: Whether nuclei of lead collided.
        by_format: Whether the format alone tells the energy: files of a user's own in a format that only one release
            has are of that release; PHYSLITE and NanoAOD are written for all years.
    """

    experiment: str
    energy_tev: float | None
    heavy_ions: bool = False
    by_format: bool = False


ORIGINS: Mapping[str, Origin] = {
    "2016e-8tev": Origin("ATLAS", 8.0, by_format=True),
    "2020e-13tev": Origin("ATLAS", 13.0, by_format=True),
    "2025e-13tev-beta": Origin("ATLAS", 13.0, by_format=True),
    "2024r-pp": Origin("ATLAS", 13.0),
    "2024r-hi": Origin("ATLAS", 5.02, heavy_ions=True),
    "cms-nanoaod": Origin("CMS", None),
}
"""By the name of a release, which is that of its schema too.

Sources: 8 and 13 TeV https://opendata.atlas.cern/docs/data/for_education/13TeV_details and the releases' own names;
2024r-pp (2015 and 2016) https://opendata.atlas.cern/docs/data/for_research/; 2024r-hi: lead-lead collisions of 2015,
which the LHC made at 5.02 TeV (as JHEP 07 (2023) 074 says of ATLAS's data). The energy of CMS data depends on the year:
it stands with the record.
"""


class Citation(NamedTuple):
    """How a record of the CERN Open Data portal is cited.

    Attributes:
        title: Its title.
        collaboration: Its author, as the portal writes it.
        year: Year of publication.
        doi: Its DOI.
        energy_tev: Centre-of-mass energy in TeV.
    """

    title: str
    collaboration: str
    year: int
    doi: str
    energy_tev: float


_NANO = "primary dataset in NANOAOD format from Run{} of 2016 (/{}/Run2016{}-UL2016_MiniAODv2_NanoAODv9-v1/NANOAOD)"


def _nanoaod(name: str, run: str, doi: str) -> Citation:
    return Citation(f"{name} {_NANO.format(run, name, run)}", "CMS Collaboration", 2024, doi, 13.0)


CITATIONS: Mapping[int, Citation] = {
    15003: Citation(
        "ATLAS 13 TeV samples collection with at least two leptons (electron or muon), for 2020 Open Data release",
        *("ATLAS Collaboration", 2020, "10.7483/OPENDATA.ATLAS.GQ1W.I9VI", 13.0),
    ),
    15005: Citation(
        "ATLAS 13 TeV samples collection at least four leptons (electron or muon), for 2020 Open Data release",
        *("ATLAS Collaboration", 2020, "10.7483/OPENDATA.ATLAS.2Y1T.TLGL", 13.0),
    ),
    30526: _nanoaod("MET", "G", "10.7483/OPENDATA.CMS.PW5O.RR4H"),
    30529: _nanoaod("SingleElectron", "G", "10.7483/OPENDATA.CMS.W8GF.6EVL"),
    30551: _nanoaod("BTagMu", "H", "10.7483/OPENDATA.CMS.PQE8.W27O"),
    30560: _nanoaod("MuOnia", "H", "10.7483/OPENDATA.CMS.0UTR.A7KQ"),
    80020: Citation(
        "DAOD_PHYSLITE format 2015-2016 Open Data for Research from the ATLAS experiment",
        *("ATLAS collaboration", 2024, "10.7483/OPENDATA.ATLAS.9HK7.P5SI", 13.0),
    ),
}
"""By record. Source: for CMS the line "Cite as" of https://opendata.cern.ch/record/<id> (November 2026); for ATLAS the
same line as papers and analyses quote it (two at least for each), the portal's page was not at hand."""

RELEASE_RECORDS: Mapping[tuple[str, str], int] = {
    ("2020e-13tev", "2lep"): 15003,
    ("2020e-13tev", "4lep"): 15005,
    ("2024r-pp", ""): 80020,
}
"""The record of a release and skim, where one stands for it; 80020 is the record of the release as a whole."""

DISCLAIMER = (
    "The data of the CERN Open Data portal are released under the Creative Commons CC0 waiver "
    "(https://creativecommons.org/publicdomain/zero/1.0/). Neither the experiments nor CERN endorse any works, "
    "scientific or otherwise, produced using these data. Each release has a DOI, which you are asked to cite."
)
"""What the portal says of its data on the page of every record (source: https://opendata.cern.ch/record/415)."""


def origin(file: InputFile, schema: str | None) -> Origin | None:
    """Tell what is known of a file's origin.

    Args:
        file: The file.
        schema: The format that it was read as; None when that is not known.

    Returns:
        Experiment and energy (TeV); None when not even the experiment is known.
    """
    if origin_of_release := ORIGINS.get(file.release or ""):
        return origin_of_release
    by_schema = ORIGINS.get(schema or "")
    if by_schema is None:
        return None
    if file.record is not None:
        record = CITATIONS.get(file.record)
        return by_schema._replace(energy_tev=record.energy_tev if record else None, heavy_ions=False)
    return by_schema if by_schema.by_format else by_schema._replace(energy_tev=None)


def citation(files: Iterable[InputFile], skim: str) -> list[tuple[str, str | None, str]]:
    """Say how to cite the data of a run.

    Args:
        files: The run's files.
        skim: The skim of the releases among them; empty for none.

    Returns:
        Name, DOI (None when it is not known here) and text of each source, in the order of the files; none for files
        of a user's own and for the demo.
    """
    sources: dict[object, tuple[str, str | None, str]] = {}
    for file in files:
        if file.record is not None:
            sources.setdefault(file.record, _record(f"Record {file.record}", file.record))
        elif file.release and file.release in ORIGINS and file.release not in sources:
            record = RELEASE_RECORDS.get((file.release, skim))
            name = f"Release {file.release}" + (f", skim {skim}" if skim else "")
            sources[file.release] = _record(name, record) if record else (name, None, _ASK_ATLAS)
    return list(sources.values())


_ASK_ATLAS = (
    "Its records on https://opendata.cern.ch have a DOI and a line 'Cite as' each; https://opendata.atlas.cern says "
    "which records belong to it."
)


def _record(name: str, record: int) -> tuple[str, str | None, str]:
    page = f"https://opendata.cern.ch/record/{record}"
    if (cited := CITATIONS.get(record)) is None:
        return name, None, f"The DOI and the line 'Cite as' stand on the record's page, {page}"
    text = (
        f"{cited.collaboration} ({cited.year}). {cited.title}. CERN Open Data Portal. DOI:{cited.doi}. "
        f"See the record's page, {page}"
    )
    return name, cited.doi, text
