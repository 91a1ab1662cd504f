"""A function as it stands in a notebook: how often do two of so many people share a birthday? Plain Python."""

import random

TASKS = [10, 20, 23, 30, 40, 50, 57, 60]


def work(people):
    chance = random.Random(people)
    shared = sum(len({chance.randrange(365) for _ in range(people)}) < people for _ in range(1_000))
    return shared / 1_000
