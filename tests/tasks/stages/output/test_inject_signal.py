"""InjectSignal: settings that are half a signal, or none, are refused before anything runs."""

import pytest


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "no signal is given: set signal_name, signal_mass_gev"),
        ({"signal_name": "x", "signal_mass_gev": 3}, "signal_width_gev and signal_events must be set too"),
    ],
)
def test_half_a_signal_is_refused(ready, given, message):
    outcome = ready.attempt(task="InjectSignal", **given)
    assert outcome.status == 4
    assert message in outcome.text
