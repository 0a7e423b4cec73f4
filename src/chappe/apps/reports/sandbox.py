"""The process that runs a person's SQL, alone: no Django, no settings, no database, nothing of ours is imported here.

It is started anew for each run with an empty environment. First it says what the SQL is (one SELECT or not, which
parameters it names); then it is given files that hold exactly the rows granted, closes every door of the engine, runs the
query and writes the answer as an Arrow stream. It can open no other file, write none (RLIMIT_FSIZE 0), load no extension,
reach no network and change no setting; its parent kills it when its time is over.
"""

import datetime as dt
import json
import resource
import sys
from typing import Any, NoReturn

CHUNK_ROWS = 10_000
SPARE_BYTES = 3_000_000_000  # address space beside the engine's memory: libraries, threads, Arrow
DOORS = (
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def fence(memory_mb: int, seconds: int) -> None:
    """Limits that the process cannot lift again."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(
        resource.RLIMIT_CPU, (seconds * 4 + 5, seconds * 4 + 6)
    )  # several threads; the parent's clock is first
    space = memory_mb * 1_000_000 + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (space, space))


def say(answer: dict[str, Any]) -> None:
    """One line of JSON to the parent."""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    sys.stdout.buffer.flush()


def refuse(code: str, detail: str = "") -> NoReturn:
    """Tell why nothing will come, and end."""
    say({"ok": False, "code": code, "detail": detail[:2000]})
    sys.exit(0)


def examine(engine: Any, connection: Any, sql: str) -> dict[str, Any]:
    """What the text is: exactly one SELECT, with the parameters that it names."""
    try:
        statements = connection.extract_statements(sql)
    except engine.Error as error:
        refuse("syntax", str(error))
    if len(statements) != 1:
        refuse("several" if statements else "empty")
    if statements[0].type != engine.StatementType.SELECT:
        refuse("not-select", str(statements[0].type).removeprefix("StatementType."))
    return {"ok": True, "parameters": sorted(statements[0].named_parameters)}


def close_doors(connection: Any, files: dict[str, str]) -> None:
    """The tables as views over the granted files, then nothing else can be opened or changed."""
    for name, path in files.items():
        place = path.replace("'", "''")
        connection.execute(f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{place}')")  # noqa: S608 - names of ours
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files.values())
    connection.execute(f"SET allowed_paths = [{listed}]")
    for order in DOORS:
        connection.execute(order)


def typed(value: Any) -> Any:
    """A parameter as sent: a day comes as ``{"day": "2026-10-31"}``."""
    return dt.date.fromisoformat(value["day"]) if isinstance(value, dict) else value


def answer(engine: Any, connection: Any, sql: str, asked: dict[str, Any]) -> None:
    """Run the query and write its rows, one more than allowed so that the parent knows that there were more."""
    import pyarrow as pa

    given = {name: typed(value) for name, value in asked["parameters"].items()}
    try:
        rows = connection.execute(sql, given or None).to_arrow_reader(CHUNK_ROWS)
        schema = rows.schema
        say({"ok": True})
        left = asked["max_rows"] + 1
        with pa.ipc.new_stream(sys.stdout.buffer, schema) as out:
            for batch in rows:
                out.write_batch(batch.slice(0, left))
                left -= min(left, batch.num_rows)
                if not left:
                    break
    except engine.OutOfMemoryException:
        refuse("memory")
    except MemoryError:
        refuse("memory")
    except engine.Error as error:
        refuse("failed", str(error))
    sys.stdout.buffer.flush()


def main() -> None:
    import duckdb
    import pyarrow.ipc  # noqa: F401 - read before the first question: a process that waits is ready

    line = sys.stdin.buffer.readline()
    if not line:  # the parent has gone
        return
    request = json.loads(line)
    fence(request["memory_mb"], request["seconds"])
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": request["threads"],
            "memory_limit": f"{request['memory_mb']}MB",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        },
    )
    sql = request["sql"]
    say(examine(duckdb, connection, sql))
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        close_doors(connection, asked["files"])
    except duckdb.Error as error:
        refuse("failed", str(error))
    answer(duckdb, connection, sql, asked)


if __name__ == "__main__":
    main()
