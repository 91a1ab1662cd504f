"""aiomysql: PyMySQL awaited, for asyncio. It has no blocking form: that is `pymysql`."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks.workloads.database import BATCH, Connections, Database, Row, first_row, note
from benchmarks.workloads.pymysql import READ, ROWS, WAIT, WRITE, address, schema


@dataclass(frozen=True)
class Aiomysql(Database):
    """Query with aiomysql; outside a transaction each statement commits by itself (`autocommit`)."""

    driver = "aiomysql"
    service = "mariadb"
    package = "aiomysql"
    forms = ("asyncio",)

    def aclient(self) -> AbstractAsyncContextManager[Any]:
        """Connections, each opened when first needed."""
        import aiomysql

        where = address(self.database) | {"db": schema(self.database), "autocommit": True}
        return Connections(lambda: aiomysql.connect(**where), lambda connection: connection.ensure_closed())

    async def await_wait(self, client: Any, task: int) -> int:
        """Wait in the server."""
        async with client.borrowed() as connection:
            return (await self.ask(connection, WAIT, self.delay_s, task))[0][1]  # type: ignore[no-any-return]

    async def await_rows(self, client: Any, task: int) -> tuple[Row, ...]:
        """Fetch rows."""
        async with client.borrowed() as connection:
            return await self.ask(connection, ROWS, first_row(task), BATCH)

    async def await_write(self, client: Any, task: int) -> str:
        """Write, read back, commit."""
        async with client.borrowed() as connection:
            await connection.begin()
            await self.ask(connection, WRITE, task, note(task))
            rows = await self.ask(connection, READ, task)
            await connection.commit()
            return rows[0][0]  # type: ignore[no-any-return]

    async def ask(self, connection: Any, query: str, *values: Any) -> tuple[Any, ...]:
        """The rows of one query."""
        async with connection.cursor() as cursor:
            await cursor.execute(query, values)
            return tuple(await cursor.fetchall())
