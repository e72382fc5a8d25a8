"""Post with all that it stands on and with generated data, the Go peer on the same, and the pages
that the benchmark reads."""
import json
import os
import pathlib
import re
import subprocess

from harness import BIN, free_port, get, need, ready, redis_cli, wait_for

HERE = pathlib.Path(__file__).parent
PEER = HERE / "peers" / "posts"
USERS = 100
LIMIT = 50
MOST_PAGES = 5  # of a user; of 2,000,000 posts every user has as many
REACTORS = os.cpu_count()  # Go takes all cores, too


def datagen(url, posts):
    result = subprocess.run([BIN / "post-datagen", "--db-url", url, "--users", str(USERS),
                             "--posts", str(posts)], capture_output=True, text=True)
    if result.returncode != 0:
        raise SystemExit(f"bench: post-datagen: {result.stderr}")


class Page:
    """A full page, as gRPC (by cursor) and HTTP (by offset, as the peer knows it) ask for it."""

    def __init__(self, user, number, below):
        self.user, self.offset, self.below = user, number * LIMIT, below

    def line(self):
        return f"{self.user} {LIMIT} 0 {f'p{self.below}' if self.below else '-'}"

    def path(self):
        return f"/api/v1/users/{self.user}/posts?limit={LIMIT}&offset={self.offset}"


class PostStack:
    """Runs until the Bench ends that it was made with. The service runs twice: `redis` has no cache
    in its process, `local` has it as by default; each has a gateway."""

    def __init__(self, bench, posts):
        self.bench = bench
        self.nodes = bench.redis_cluster()
        self.addresses = ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)
        self.postgres = bench.postgres("trellis_post")
        print(f"generating {posts:,} posts ...", flush=True)
        datagen(self.postgres.url, posts)
        self.redis, self.redis_rpc, self.redis_ops = self.start_service(
            "post-redis", LOCAL_CACHE_MB=0)
        self.local, self.local_rpc, self.local_ops = self.start_service("post-local")
        self.redis_gateway, self.redis_url = self.start_gateway("gateway-redis", self.redis_rpc)
        self.local_gateway, self.local_url = self.start_gateway("gateway-local", self.local_rpc)
        self.peer, self.peer_url, self.go = self.start_peer()
        self.pages = self.find_pages()

    def start_service(self, name, **variables):
        rpc, ops = free_port(), free_port()
        process = self.bench.start(name, [BIN / "post"], RPC_ADDR=rpc, OPS_ADDR=ops,
                                   REDIS_CLUSTER_ADDRS=self.addresses, DB_URL=self.postgres.url,
                                   REACTORS=REACTORS, **variables)
        wait_for(name, lambda: ready(f"http://127.0.0.1:{ops}/readyz"), process, 60)
        return process, rpc, ops

    def start_gateway(self, name, rpc):
        http = free_port()
        process = self.bench.start(name, [BIN / "gateway"], HTTP_ADDR=http, ENQUEUE_ADDR="none",
                                   ORDER_ADDR="none", WEATHER_ADDR="none",
                                   POST_ADDR=f"127.0.0.1:{rpc}", KEYTEST_ADDR="none")
        wait_for(name, lambda: ready(f"http://127.0.0.1:{http}/readyz"), process)
        return process, f"http://127.0.0.1:{http}"

    def start_peer(self):
        need("go", "golang-go")
        program = self.bench.directory / "posts-peer"
        print("building the Go peer ...", flush=True)
        result = subprocess.run(["go", "build", "-mod=readonly", "-o", program, "."], cwd=PEER,
                                capture_output=True, text=True)
        if result.returncode != 0:
            raise SystemExit(f"bench: the Go peer does not build: {result.stderr}")
        version = subprocess.run(["go", "version"], capture_output=True, text=True).stdout.split()[2]
        port = free_port()
        process = self.bench.start("go-peer", [program], HTTP_ADDR=f"127.0.0.1:{port}",
                                   REDIS_CLUSTER_ADDRS=self.addresses, DB_URL=self.postgres.url)
        url = f"http://127.0.0.1:{port}"
        wait_for("the Go peer", lambda: ready(f"{url}/ping"), process)
        return process, url, version

    def find_pages(self):
        rows = self.postgres.query(
            "SELECT users.id, count(*), array_to_json(array_agg(newest.id ORDER BY place)"
            f"   FILTER (WHERE place % {LIMIT} = 0))"
            " FROM users, LATERAL (SELECT id, row_number() OVER (ORDER BY id DESC) AS place"
            "   FROM posts WHERE user_id = users.id ORDER BY id DESC"
            f"   LIMIT {MOST_PAGES * LIMIT}) AS newest GROUP BY users.id")
        pages = []
        for user, count, ends in rows:
            below = [None] + json.loads(ends or "[]")
            pages += [Page(int(user), number, below[number]) for number in range(int(count) // LIMIT)]
        if not pages:
            raise SystemExit("bench: no user has a full page of posts")
        return pages

    def warm(self, *urls):
        """Every page into the caches, by each of these servers; each is looked at."""
        for url in urls:
            for page in self.pages:
                answer = json.loads(get(url + page.path()))
                if len(answer["data"]) != LIMIT or answer["data"][0]["user_id"] != page.user:
                    raise SystemExit(f"bench: {url + page.path()} is not what it should be")

    def counters(self, ops):
        """The cache's counters of a service."""
        text = get(f"http://127.0.0.1:{ops}/metrics")
        return {name: float(value) for name, value in
                re.findall(r"^((?:post|trellis_post)_\w+_total)\S* (\S+)$", text, re.MULTILINE)}

    def entries(self, count):
        """Some posts as Redis has them: the bytes of each."""
        ids = [row[0] for row in self.postgres.query(
            f"SELECT id FROM posts WHERE user_id = {self.pages[0].user} ORDER BY id DESC"
            f" LIMIT {count}")]
        values = []
        for number in ids:
            result = subprocess.run(["redis-cli", "-c", "-p", str(self.nodes[0].port), "--raw",
                                     "get", f"post:{number}"], capture_output=True, check=True)
            values.append(result.stdout[:-1])
        if not all(values):
            raise SystemExit("bench: a post is not in Redis")
        return values
