"""post-datagen beside psql's \\copy of the same rows: each into a database of its own with the same
tables and indexes and the users there already, in turns."""
import subprocess
import time

from post_stack import datagen

COLUMNS = "id, user_id, content, generation, created_at, updated_at"


def psql(url, command, database=None):
    result = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1",
                             url if database is None else with_database(url, database),
                             "-c", command], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"bench: {command}: {result.stderr}")
    return result.stdout.strip()


def with_database(url, database):
    return url.rsplit("/", 1)[0] + "/" + database


class CopyBench:
    def __init__(self, postgres, directory, posts):
        self.url, self.posts = postgres.url, posts
        # Postgres itself does not read the file, psql does.
        self.file = directory / "posts.copy"
        psql(self.url, "CREATE DATABASE empty")
        datagen(with_database(self.url, "empty"), 1)
        psql(self.url, "TRUNCATE posts, datagen_runs, cache_invalidations CASCADE", "empty")
        self.fresh("filled")
        datagen(with_database(self.url, "filled"), posts)
        psql(self.url, f"\\copy (SELECT {COLUMNS} FROM posts ORDER BY id) TO '{self.file}'",
             "filled")
        psql(self.url, "DROP DATABASE filled")

    def fresh(self, database):
        psql(self.url, f"CREATE DATABASE {database} TEMPLATE empty")
        psql(self.url, "CHECKPOINT")

    def timed(self, work):
        """Rows a second that `work` brings into the database with this URL."""
        self.fresh("target")
        url = with_database(self.url, "target")
        begin = time.monotonic()
        work(url)
        took = time.monotonic() - begin
        count = int(psql(url, "SELECT count(*) FROM posts"))
        if count != self.posts:
            raise SystemExit(f"bench: {count} rows of {self.posts} came into the database")
        psql(self.url, "DROP DATABASE target")
        return self.posts / took

    def datagen(self):
        return self.timed(lambda url: datagen(url, self.posts))

    def copy(self):
        return self.timed(lambda url: psql(url, f"\\copy posts ({COLUMNS}) FROM '{self.file}'"))

    def run(self, rounds):
        results = {"datagen": [], "copy": []}
        for number in range(rounds):
            print(f"{self.posts:,} rows by post-datagen and by \\copy, round {number + 1} of "
                  f"{rounds} ...", flush=True)
            results["datagen"].append(self.datagen())
            results["copy"].append(self.copy())
        self.file.unlink()
        psql(self.url, "DROP DATABASE empty")
        return results
