"""Why a round took longer than its ideal time: terms that close to what was measured.

`rounds` runs a cell for it, `sampler` looks at its threads from outside, `path` follows the tasks that ended last,
`terms` splits that path, and `watchdog` names the line that held the loop, the GIL or a lock.
"""
