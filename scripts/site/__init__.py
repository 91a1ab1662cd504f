"""The page: watch the models race, browse past runs.

app                     the routes; served by `make race` (scripts/race.py)
race_server             the WebSocket: one race at a time, its messages to all visitors
race_request            what a visitor may ask for
standings               what a race shows, in words
saved_replay            the replay as one file
race                    the order in which lanes run, and the messages about them
lane_process            one model's run, in a process of its own that runs `runner`
instrumented_workload   the work, which writes `shared_timeline`, which `timeline_reader` reads
run_index               the runs on disk
"""
