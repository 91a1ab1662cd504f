"""The runner's start, in a file of this name: workers of a process pool import the main module again unless it has it.
Each of twenty workers would load the whole runner first, inside the clock, which no benchmark's worker does.
"""

import json
import sys

from scripts.site.runner import LaneSpec, print_json, run
from servers.subprocesses import exit_with_parent

exit_with_parent()
print_json(run(LaneSpec(**json.loads(sys.argv[1]))))
