"""The mass stage with ROOT's RDataFrame, run by masses.py in a process of its own: times and masses of a ROOT file.

usage: python benchmarks/peers/mass_stage_rdataframe.py FILE STATES OUTPUT

FILE has a tree ``events`` with counters n_e_pt … and arrays e_pt …; STATES is a JSON list of [counts, combinations],
with a combination as [kind number, rank] pairs. All is compiled; an event loop over half of the events and one
over all give the time of an event without that of starting.
"""

import json
import sys
import time

import numpy as np
import ROOT

CODE = """
#pragma cling optimize(3)
using V = ROOT::RVecF;
struct Masses {
    ROOT::RDF::RNode root;
    std::vector<ROOT::RDF::RResultPtr<std::vector<float>>> taken;
    ROOT::RDF::RNode node;
    Masses(std::string file, unsigned long events, ROOT::RDataFrame &frame) :
        root(frame.Range(events)), node(root) {}
    void state(std::vector<int> want, int limit) {
        node = root.Filter([want, limit](int e, int m, int j, int g) {
            return std::min(e, limit) == want[0] && std::min(m, limit) == want[1] && std::min(j, limit) == want[2] &&
                   std::min(g, limit) == want[3];
        }, {"n_e_pt", "n_m_pt", "n_j_pt", "n_g_pt"});
    }
    void combination(std::vector<std::pair<int, int>> items, std::string name) {
        auto mass = [items](const V &ept, const V &eeta, const V &ephi, const V &emass, const V &mpt, const V &meta,
                            const V &mphi, const V &mmass, const V &jpt, const V &jeta, const V &jphi, const V &jmass,
                            const V &gpt, const V &geta, const V &gphi, const V &gmass) {
            const V *columns[4][4] = {{&ept, &eeta, &ephi, &emass}, {&mpt, &meta, &mphi, &mmass},
                                      {&jpt, &jeta, &jphi, &jmass}, {&gpt, &geta, &gphi, &gmass}};
            ROOT::Math::PxPyPzEVector total;
            for (auto [kind, rank] : items) {
                auto &c = columns[kind];
                total += ROOT::Math::PtEtaPhiMVector((*c[0])[rank], (*c[1])[rank], (*c[2])[rank], (*c[3])[rank]);
            }
            return float(total.M());
        };
        taken.push_back(node.Define(name, mass, {"e_pt", "e_eta", "e_phi", "e_mass", "m_pt", "m_eta", "m_phi", "m_mass",
            "j_pt", "j_eta", "j_phi", "j_mass", "g_pt", "g_eta", "g_phi", "g_mass"}).Take<float>(name));
    }
    void run() { taken[0].GetValue(); }
};
"""


def main() -> None:
    """Run over half of the events and over all of them; write the times and all masses."""
    file, states, output = sys.argv[1:]
    ROOT.gInterpreter.Declare(CODE)
    frame = ROOT.RDataFrame("events", file)
    total = frame.Count().GetValue()
    seconds = []
    for events in (total // 2, total):
        masses = ROOT.Masses(file, events, frame)
        for counts, combinations in json.loads(open(states).read()):  # noqa: PTH123, SIM115
            masses.state(counts, 4)
            for number, combination in enumerate(combinations):
                items = [ROOT.std.pair["int", "int"](kind, rank) for kind, rank in combination]
                name = f"m{'_'.join(map(str, counts))}_{number}_{events}"
                masses.combination(ROOT.std.vector["std::pair<int, int>"](items), name)
        start = time.process_time()
        masses.run()
        seconds.append(time.process_time() - start)
    values = [np.array(one.GetValue(), dtype=np.float32) for one in masses.taken]
    np.savez(output, events=[total // 2, total], seconds=seconds, masses=np.concatenate(values))


if __name__ == "__main__":
    main()
