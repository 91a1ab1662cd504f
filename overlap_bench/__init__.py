"""Overlap as an installed package: the program `overlap`, a pytest fixture, and `measure` for notebooks.

    from overlap_bench import measure

What they call stands beside this package in a clone, and below it, in `_house`, once installed: so nothing that is
called `scripts` or `servers` lies in site-packages.
"""

from overlap_bench.comparison import Comparison, Interval, MeasurementError, measure

__all__ = ["Comparison", "Interval", "MeasurementError", "measure"]
