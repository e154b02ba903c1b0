"""A PHYSLITE file as long as those of the release, made by ROOT in a process of its own for end_to_end.py.

usage: python benchmarks/physlite_long.py INPUT TIMES OUTPUT BRANCH...

The events of INPUT are repeated TIMES times. Baskets are copied as they are: small ones stay small. Of the branches,
those that are named are copied: for the others ROOT would need ATLAS's own classes.
"""

import sys

import ROOT

TREE = "CollectionTree"


def main() -> int:
    """Write the file; return 0."""
    source, times, output, *branches = sys.argv[1:]
    events = ROOT.TChain(TREE)
    for _ in range(int(times)):
        events.Add(source)
    events.SetBranchStatus("*", False)
    for branch in branches:
        events.SetBranchStatus(branch, True)
    file = ROOT.TFile(output, "RECREATE")
    events.CloneTree(-1, "fast").Write()
    file.Close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
