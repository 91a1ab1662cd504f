"""SQL queries: SQLite in a file, one connection for each worker. SQLite releases the GIL while it searches."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

PATH = Path(tempfile.gettempdir()) / "overlap-orders.sqlite"
TASKS = range(100)  # a customer each
EXPECT = ["processes at most 4x sequential"]

if not PATH.exists():  # a table to try it with
    with closing(sqlite3.connect(PATH)) as made, made:
        made.execute("create table orders (customer int, cents int)")
        made.executemany("insert into orders values (?, ?)", ((n % 100, n * 37 % 9973) for n in range(100_000)))


def client():
    return sqlite3.connect(PATH)


def work(connection, customer):
    query = "select count(*), sum(cents), avg(cents) from orders where customer = ?"
    return connection.execute(query, (customer,)).fetchone()
