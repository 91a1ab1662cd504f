"""What the terms of time are called: by the attribution, by the survey of a user's work, in charts and reports."""

ASKED, LATE, NETWORK, CPU, GIL, LOCK, CORE = "asked", "late", "network", "cpu", "gil", "lock", "core"
BLOCKING, POOL, UNATTRIBUTED = "blocking", "pool", "unattributed"
TERMS = (ASKED, LATE, NETWORK, CPU, GIL, LOCK, CORE, BLOCKING, POOL, UNATTRIBUTED)
TERM_WORDS = {
    ASKED: "waiting as asked",
    LATE: "server late",
    NETWORK: "network and kernel",
    CPU: "client CPU",
    GIL: "waiting for the GIL",
    LOCK: "waiting for a lock",
    CORE: "waiting for a core",
    BLOCKING: "blocked in other calls",
    POOL: "pool start-up and closing",
    UNATTRIBUTED: "unattributed",
}
LOOP_HELD = "loop held by a blocking call"  # what blocking is called where tasks share a loop
ELSEWHERE = "waiting for network, disk or sleep"  # where the delay is unknown: these two terms in one
