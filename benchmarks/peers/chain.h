// What chain_rdataframe.py asks of C++: overlap removal, and the masses of combinations, as functions for RDataFrame.
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include <Math/Vector4D.h>
#include <ROOT/RDataFrame.hxx>
#include <ROOT/RVec.hxx>

using Floats = ROOT::RVecF;
constexpr int LIMIT = 4;

Floats not_negative(const Floats &masses)
{
    return ROOT::VecOps::Map(masses, [](float mass) { return std::max(mass, 0.f); });
}

// Tells which objects have none of the others within the cone.
ROOT::RVec<bool> far(const Floats &eta, const Floats &phi, const Floats &other_eta, const Floats &other_phi, double cone)
{
    ROOT::RVec<bool> stays(eta.size(), true);
    for (size_t i = 0; i < eta.size(); ++i)
        for (size_t k = 0; k < other_eta.size(); ++k) {
            const double d_eta = double(eta[i]) - double(other_eta[k]);
            const double d_phi = std::remainder(double(phi[i]) - double(other_phi[k]), 2 * M_PI);
            if (std::hypot(d_eta, d_phi) < cone)
                stays[i] = false;
        }
    return stays;
}

// The final state of an event as one number, with LIMIT objects of a kind or more in the top bucket.
int state(const Floats &e, const Floats &m, const Floats &j, const Floats &g)
{
    auto digit = [](const Floats &objects) { return std::min<int>(objects.size(), LIMIT); };
    return ((digit(e) * (LIMIT + 1) + digit(m)) * (LIMIT + 1) + digit(j)) * (LIMIT + 1) + digit(g);
}

// The four-vectors of objects of one kind: at most LIMIT of them.
std::vector<ROOT::Math::PxPyPzEVector> vectors(const Floats &pt, const Floats &eta, const Floats &phi, const Floats &mass)
{
    std::vector<ROOT::Math::PxPyPzEVector> made;
    for (size_t i = 0; i < std::min<size_t>(pt.size(), LIMIT); ++i)
        made.emplace_back(ROOT::Math::PtEtaPhiMVector(pt[i], eta[i], phi[i], mass[i]));
    return made;
}

using Vectors = std::vector<ROOT::Math::PxPyPzEVector>;

// All combinations of 2 to LIMIT leading objects, in a fixed order: numbers of e, m, j and g.
const std::vector<std::array<int, 4>> &combinations()
{
    static const auto made = [] {
        std::vector<std::array<int, 4>> all;
        for (int e = 0; e <= LIMIT; ++e)
            for (int m = 0; m <= LIMIT; ++m)
                for (int j = 0; j <= LIMIT; ++j)
                    for (int g = 0; g <= LIMIT; ++g)
                        if (e + m + j + g >= 2 && e + m + j + g <= LIMIT)
                            all.push_back({e, m, j, g});
        return all;
    }();
    return made;
}

// The masses of all combinations of an event, and the row of each in a histogram of two dimensions.
struct Filled {
    Floats masses;
    Floats rows;
};

Filled all_masses(int state, const Vectors &es, const Vectors &ms, const Vectors &js, const Vectors &gs)
{
    Filled filled;
    const std::array<const Vectors *, 4> kinds{&es, &ms, &js, &gs};
    for (size_t row = 0; row < combinations().size(); ++row) {
        const auto &taken = combinations()[row];
        ROOT::Math::PxPyPzEVector total;
        bool present = true;
        for (size_t kind = 0; kind < 4 && present; ++kind) {
            present = taken[kind] <= int(kinds[kind]->size());
            for (int rank = 0; present && rank < taken[kind]; ++rank)
                total += (*kinds[kind])[rank];
        }
        if (present) {
            filled.masses.push_back(total.M());
            filled.rows.push_back(state * combinations().size() + row);
        }
    }
    return filled;
}

// One Filter a final state, and for each of its combinations one Define and one Histo1D.
struct Booked {
    ROOT::RDF::RNode root;
    ROOT::RDF::RNode node;
    std::vector<ROOT::RDF::RResultPtr<TH1D>> histograms;

    explicit Booked(ROOT::RDF::RNode frame) : root(frame), node(frame) {}

    void state(int number) { node = root.Filter([number](int is) { return is == number; }, {"state"}); }

    void combination(int e, int m, int j, int g, const std::string &name, int bins, double end)
    {
        auto mass = [=](const Vectors &es, const Vectors &ms, const Vectors &js, const Vectors &gs) {
            ROOT::Math::PxPyPzEVector total;
            for (int i = 0; i < e; ++i) total += es[i];
            for (int i = 0; i < m; ++i) total += ms[i];
            for (int i = 0; i < j; ++i) total += js[i];
            for (int i = 0; i < g; ++i) total += gs[i];
            return float(total.M());
        };
        auto with = node.Define(name, mass, {"e_vectors", "m_vectors", "j_vectors", "g_vectors"});
        histograms.push_back(with.Histo1D<float>({name.c_str(), "", bins, 0, end}, name));
    }
};
