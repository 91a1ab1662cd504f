"""What this machine gives: cores, parallel capacity, calibration, CPU time, the GIL."""
