"""The short form of the trial, as bin/test runs it: nothing here is timed."""

from e2e.faults import trial


def test_kill_9_of_any_process_loses_doubles_and_reorders_nothing():
    report = trial.run(messages=600, kills=len(trial.VICTIMS))
    assert report.faults == []
    assert all(report.kills.values())
