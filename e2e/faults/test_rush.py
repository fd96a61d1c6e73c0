"""The short form of the rush, as bin/test runs it: nothing here is timed."""

from e2e.faults.rush import trial


def test_many_processes_get_one_appointment_a_time_whatever_redis_forgets():
    report = trial.run(attempts=600, processes=4, slots=6, kills=2)
    assert report.faults == []
    assert report.kills == 2
    assert report.flushes
