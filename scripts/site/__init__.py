"""The page: watch the models race, browse past runs.

__main__    `make race`: listens, and serves `app`
app         the addresses; `hall` is the socket, `past` the runs on disk
ask         what a visitor may ask for
race        the order in which lanes run, and what is told of them
lane        one model's run, in a process of its own that runs `runner`
marked      the work, which leaves `marks` as it is done
"""
