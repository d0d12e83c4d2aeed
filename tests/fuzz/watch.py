"""What every input of the fuzzer is held to: time, memory, and what a terminal would take."""

import resource
import signal
import time
import unicodedata

SECONDS, BYTES = 20, 2 * 2**30
ORDERS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


class Watch:
    """Fails for an input that takes too long or too much."""

    def __enter__(self):
        def late(*_):
            raise TimeoutError(f"more than {SECONDS} s")

        signal.signal(signal.SIGALRM, late)
        signal.alarm(SECONDS + 5)
        self.before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.start = time.process_time()

    def __exit__(self, *_):
        signal.alarm(0)
        taken = time.process_time() - self.start
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - self.before
        assert taken < SECONDS, f"{taken:.0f} s"
        assert grown * 1024 < BYTES, f"{grown // 1024} MiB"


def check_printed(text):
    assert not {unicodedata.category(c) for c in text if c != "\n"} & ORDERS, repr(text)
