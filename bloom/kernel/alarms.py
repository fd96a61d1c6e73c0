"""Words that may mean danger: what the rooms that know of them (registry.alarm) say of a text."""

import logging

from bloom.kernel import registry

log = logging.getLogger(__name__)


def text_alarms(text: str) -> bool:
    """Does it say that somebody may be in danger? The rooms that know are asked; one that fails says nothing:
    what people ask for goes through all the same. Outside a transaction: a judge may take its time.
    """
    for key, judge in registry.alarm.items():
        try:
            if judge(text):
                return True
        except Exception:
            log.exception("alarm.failed", extra={"judge": key})
    return False
