"""Builds the image without a Docker daemon and runs the processes in it.

buildah builds it in a private storage on a base that debootstrap makes from the machine's own
Debian mirror (cached in --cache). The binaries are those already built, or with --full (and
TRELLIS_TEST_FULL_IMAGE=1) compiled inside.
"""

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import project

BINARIES = project.PROCESSES + ("post-datagen", "trellis-migrate", "trellis-cli")
SUITE = "bookworm"
IN_EVERY_DEBIAN = {"libc6", "libgcc-s1", "libstdc++6"}
POLICY = "#!/bin/sh\nexit 101\n"  # packages must not start services while they are installed
# Left out of the base, as in the slim variant of the official image.
LEFT_OUT = ("./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*", "./var/log/*",
            "./var/cache/apt/*", "./var/lib/apt/lists/*", "./dev/*")


class Skipped(Exception):
    pass


def run(*command, **options):
    """Its stdout; kills the whole process group when this test is cut short."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, start_new_session=True, **options)
    try:
        out, err = process.communicate()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {process.returncode}\n"
                           f"{out[-3000:]}\n{err[-3000:]}")
    return out


@contextlib.contextmanager
def timed(what):
    start = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - start:.1f} s", flush=True)


def debian_sources():
    """(mirror, lines of sources.list) from the machine's apt configuration."""
    listing = run("apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(REPO_URI)",
                  "Created-By: Packages")
    uris = {}
    for line in listing.splitlines():
        origin, label, uri = line.split("|")
        if origin == "Debian":
            uris.setdefault(label, uri)
    if "Debian" not in uris:
        raise Skipped("apt's configuration names no Debian mirror")
    lines = [f"deb {uris['Debian']} {suite} main" for suite in (SUITE, f"{SUITE}-updates")]
    if "Debian-Security" in uris:
        lines.append(f"deb {uris['Debian-Security']} {SUITE}-security main")
    return uris["Debian"], lines


def base_tar(cache):
    """A minimal Debian as a tar file; made once."""
    mirror, sources = debian_sources()
    settings = [line for line in run("apt-config", "dump").splitlines()
                if re.match(r"Acquire::(https?::|Check-)", line)] + ['Acquire::Retries "5";']
    key = hashlib.sha256(repr((sources, settings, LEFT_OUT, POLICY)).encode()).hexdigest()[:12]
    tar = cache / f"base-{key}.tar"
    if tar.exists():
        print("base: cached")
        return tar
    try:
        urllib.request.urlopen(f"{mirror.rstrip('/')}/dists/{SUITE}/InRelease", timeout=15).close()
    except (urllib.error.URLError, OSError) as error:
        raise Skipped(f"apt's Debian mirror cannot be reached: {error}") from error
    with timed("base: debootstrap"), tempfile.TemporaryDirectory(dir=cache, prefix="work-") as work:
        for attempt in (1, 2, 3):  # a mirror does not answer each time
            root = pathlib.Path(work) / f"root-{attempt}"
            try:
                # In a mount namespace of its own: what is mounted there goes away with it.
                run("unshare", "--mount", "debootstrap", "--variant=minbase", SUITE, root, mirror)
                break
            except RuntimeError:
                if attempt == 3:
                    raise
        (root / "etc/apt/sources.list").write_text("\n".join(sources) + "\n")
        (root / "etc/apt/apt.conf.d/99machine").write_text("\n".join(settings) + "\n")
        policy = root / "usr/sbin/policy-rc.d"
        policy.write_text(POLICY)
        policy.chmod(0o755)
        partial = pathlib.Path(work) / "base.tar"
        run("tar", "--one-file-system", *(f"--exclude={path}" for path in LEFT_OUT), "-C", root,
            "-cf", partial, ".")
        partial.rename(tar)
    return tar


class Image:
    """The built image and one container of it, in a storage of its own."""

    def __init__(self, cache, binaries, full):
        self.storage = pathlib.Path(tempfile.mkdtemp(dir=cache, prefix="work-"))
        base = base_tar(cache)
        with timed("base: import"):
            container = self.buildah("from", "scratch").strip()
            self.buildah("add", "--quiet", container, base, "/")
            self.buildah("config", "--env",
                         "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                         container)
            self.buildah("commit", "--quiet", "--disable-compression", "--rm", container,
                         "localhost/base")
        # buildah 1.28 does not see which stage the default of BINARIES uses, so it is always given.
        arguments = ["--build-arg", "BASE_IMAGE=localhost/base",
                     "--build-arg", f"BINARIES={'compiled' if full else 'prebuilt'}"]
        if not full:
            arguments += ["--build-context", f"prebuilt-bin={self.stripped(binaries)}"]
        docker = project.ROOT / "deploy" / "docker"
        with timed("image: build"):
            self.buildah("bud", "--isolation=chroot", "--pull=never", "--layers=false", *arguments,
                         "--ignorefile", docker / "Dockerfile.dockerignore",
                         "--file", docker / "Dockerfile", "--tag", "localhost/trellis",
                         project.ROOT)
        self.container = self.buildah("from", "--pull=never", "localhost/trellis").strip()
        self.root = pathlib.Path(self.buildah("mount", self.container).strip())

    def stripped(self, binaries):
        copies = self.storage / "bin"
        copies.mkdir()
        for name in BINARIES:
            run("strip", "--strip-debug", "-o", copies / name, pathlib.Path(binaries) / name)
        return copies

    def command(self, *arguments):
        return ["buildah", "--storage-driver", "vfs", "--root", str(self.storage / "root"),
                "--runroot", str(self.storage / "runroot"), *map(str, arguments)]

    def buildah(self, *arguments):
        return run(*self.command(*arguments))

    def run_command(self, *command, env=()):
        return self.command("run", "--isolation=chroot",
                            *(f"--env={key}={value}" for key, value in dict(env).items()),
                            self.container, "--", *command)

    def run(self, *command):
        """What it prints, by way of a file: on a busy machine buildah at times loses all that a short
        command says."""
        run(*self.run_command("sh", "-c", 'exec "$@" > /tmp/printed', "sh", *command))
        return (self.root / "tmp" / "printed").read_text()

    @contextlib.contextmanager
    def running(self, *command, env):
        """A process in the container, stopped at the end; on the host's network."""
        log = tempfile.TemporaryFile("w+", dir=self.storage)
        process = subprocess.Popen(self.run_command(*command, env=env), stdout=log,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            yield process
        except BaseException:
            log.seek(0)
            print(f"--- {command[0]}:\n{log.read()[-3000:]}", flush=True)
            raise
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            log.close()

    def healthy(self, address):
        return subprocess.run(self.run_command("trellis-cli", "health", address),
                              capture_output=True, timeout=30).returncode == 0

    def until_healthy(self, address, seconds=30):
        deadline = time.monotonic() + seconds
        while not self.healthy(address):
            if time.monotonic() > deadline:
                raise AssertionError(f"{address} was not healthy within {seconds} s")
            time.sleep(0.2)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nowhere():
    """Addresses of the databases where nobody listens."""
    return {"REDIS_ADDR": f"127.0.0.1:{free_port()}",
            "DB_URL": f"postgresql://trellis:trellis@127.0.0.1:{free_port()}/trellis",
            "RABBITMQ_URLS": f"amqp://trellis:trellis@127.0.0.1:{free_port()}/"}


@contextlib.contextmanager
def redis_server(directory):
    port = free_port()
    directory.mkdir()
    process = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory),
         "--appendonly", "yes", "--appendfsync", "always", "--save", ""], stdout=subprocess.DEVNULL)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


class ImageTest(unittest.TestCase):
    maxDiff = None

    def test_has_a_numeric_user_and_no_entrypoint(self):
        config = json.loads(IMAGE.buildah("inspect", "--type", "image", "localhost/trellis"))[
            "OCIv1"]["config"]
        self.assertEqual("10001:10001", config["User"])
        self.assertNotIn("Entrypoint", config)
        self.assertEqual(["gateway"], config["Cmd"])
        self.assertEqual("10001", IMAGE.run("id", "-u").strip())

    def test_its_user_can_write_to_data_and_temporary_folders_alone(self):
        found = IMAGE.run("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/dev", "-o",
                          "!", "-readable", ")", "-prune", "-o", "!", "-type", "l", "-writable",
                          "-print").split()
        self.assertEqual([], [path for path in found if not re.match(
            r"/(data|tmp|var/tmp|run/lock)(/|$)", path)])
        self.assertIn("/data", found)

    def test_runtime_packages_are_those_that_the_binaries_load(self):
        listed = {line.split("#")[0].strip() for line in (
            project.ROOT / "deploy/docker/runtime-packages.txt").read_text().splitlines()} - {""}
        needed = set()
        for name in BINARIES:
            loaded = IMAGE.run("ldd", f"/usr/local/bin/{name}").splitlines()
            self.assertEqual([], [line for line in loaded if "not found" in line])
            if not (IMAGE.storage / "bin" / name).exists():
                self.skipTest("the binaries are not at hand")
            dynamic = run("readelf", "-dW", IMAGE.storage / "bin" / name)
            libraries = [library for library in re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)
                         if not library.startswith("ld-linux")]
            lines = IMAGE.run("dpkg-query", "-S", *(f"*/{library}" for library in libraries))
            owners = {line.rsplit("/", 1)[1]: line.split(":")[0] for line in lines.splitlines()}
            self.assertEqual([], [library for library in libraries if library not in owners], name)
            needed |= {owners[library] for library in libraries}
        self.assertEqual(listed, needed - IN_EVERY_DEBIAN)

    def test_has_what_probes_and_hooks_call(self):
        self.assertEqual("", IMAGE.run("sleep", "0"))
        self.assertFalse(IMAGE.healthy(f"http://127.0.0.1:{free_port()}/readyz"))

    def test_each_process_lists_its_settings(self):
        for name in project.PROCESSES:
            self.assertRegex(IMAGE.run(name, "--help"), r"\b(HTTP|OPS)_ADDR\b", name)

    def test_gateway_is_alive_without_its_services(self):
        port = free_port()
        with IMAGE.running("gateway", env={"HTTP_ADDR": f"127.0.0.1:{port}",
                                           "ENQUEUE_ADDR": f"dns:///127.0.0.1:{free_port()}",
                                           "ORDER_ADDR": f"dns:///127.0.0.1:{free_port()}",
                                           "WEATHER_ADDR": f"dns:///127.0.0.1:{free_port()}",
                                           "POST_ADDR": f"dns:///127.0.0.1:{free_port()}"}):
            IMAGE.until_healthy(f"http://127.0.0.1:{port}/healthz")

    def test_gateway_has_its_documentation(self):
        port = free_port()
        with IMAGE.running("gateway", env={"HTTP_ADDR": f"127.0.0.1:{port}"}):
            IMAGE.until_healthy(f"http://127.0.0.1:{port}/healthz")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/openapi.json") as answer:
                self.assertEqual("3.1.0", json.load(answer)["openapi"])
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/docs") as answer:
                    self.assertIn(b"swagger-ui", answer.read())
            except urllib.error.HTTPError as error:
                self.assertEqual(503, error.code)
                self.skipTest(error.read().decode())  # built without npm

    def test_enqueue_is_alive_and_not_ready_without_redis(self):
        rpc = f"grpc://127.0.0.1:{free_port()}"
        with IMAGE.running("enqueue", env={"RPC_ADDR": rpc.removeprefix("grpc://"),
                                           "OPS_ADDR": f"127.0.0.1:{free_port()}",
                                           "REDIS_ADDR": f"127.0.0.1:{free_port()}"}):
            IMAGE.until_healthy(rpc)
            self.assertFalse(IMAGE.healthy(f"{rpc}/trellis.enqueue.v1.EnqueueService"))

    def test_order_is_alive_and_not_ready_without_its_databases(self):
        rpc = f"grpc://127.0.0.1:{free_port()}"
        with IMAGE.running("order", env={
                "RPC_ADDR": rpc.removeprefix("grpc://"), "OPS_ADDR": f"127.0.0.1:{free_port()}",
                **nowhere()}):
            IMAGE.until_healthy(rpc)
            self.assertFalse(IMAGE.healthy(f"{rpc}/trellis.order.v1.OrderService"))

    def test_orders_consumers_are_alive_and_not_ready_without_their_databases(self):
        for name, more in (("order-processor", {}),
                           ("order-notifier", {"OUTPUT_PATH": "/data/notifications.log"})):
            ops = f"127.0.0.1:{free_port()}"
            with self.subTest(name), IMAGE.running(
                    name, env={"OPS_ADDR": ops, **nowhere(), **more}):
                IMAGE.until_healthy(f"http://{ops}/healthz")
                self.assertFalse(IMAGE.healthy(f"http://{ops}/readyz"))

    def test_weather_and_its_worker_are_alive_and_not_ready_without_redis(self):
        rpc = f"grpc://127.0.0.1:{free_port()}"
        ops = f"127.0.0.1:{free_port()}"
        redis = {"REDIS_ADDR": f"127.0.0.1:{free_port()}"}
        with IMAGE.running("weather", env={"RPC_ADDR": rpc.removeprefix("grpc://"),
                                           "OPS_ADDR": f"127.0.0.1:{free_port()}", **redis}):
            IMAGE.until_healthy(rpc)
            self.assertFalse(IMAGE.healthy(f"{rpc}/trellis.weather.v1.WeatherService"))
        with IMAGE.running("weather-worker", env={"OPS_ADDR": ops, **redis}):
            IMAGE.until_healthy(f"http://{ops}/healthz")
            self.assertFalse(IMAGE.healthy(f"http://{ops}/readyz"))

    def test_post_is_alive_and_not_ready_without_its_databases(self):
        rpc = f"grpc://127.0.0.1:{free_port()}"
        with IMAGE.running("post", env={
                "RPC_ADDR": rpc.removeprefix("grpc://"), "OPS_ADDR": f"127.0.0.1:{free_port()}",
                "REDIS_CLUSTER_ADDRS": f"127.0.0.1:{free_port()}",
                "DB_URL": nowhere()["DB_URL"]}):
            IMAGE.until_healthy(rpc)
            self.assertFalse(IMAGE.healthy(f"{rpc}/trellis.post.v1.PostService"))

    def test_has_the_tools_of_posts_database(self):
        self.assertIn("--service", IMAGE.run("trellis-migrate", "--help"))
        self.assertIn("POSTS", IMAGE.run("post-datagen", "--help"))

    def test_a_message_goes_from_the_gateway_to_the_output_file(self):
        if not shutil.which("redis-server"):
            self.skipTest("redis-server is not installed")
        http, rpc, ops, worker_ops = (free_port() for _ in range(4))
        with contextlib.ExitStack() as stack:
            redis = stack.enter_context(redis_server(IMAGE.storage / "redis"))
            common = {"REDIS_ADDR": redis, "QUEUE_NAME": "messages"}
            stack.enter_context(IMAGE.running("enqueue", env={
                **common, "RPC_ADDR": f"127.0.0.1:{rpc}", "OPS_ADDR": f"127.0.0.1:{ops}"}))
            stack.enter_context(IMAGE.running("enqueue-worker", env={
                **common, "OPS_ADDR": f"127.0.0.1:{worker_ops}",
                "OUTPUT_PATH": "/data/processed.log"}))
            # Each is asked as the probes and health checks of deploy/ ask it.
            IMAGE.until_healthy(f"grpc://127.0.0.1:{rpc}")
            IMAGE.until_healthy(f"grpc://127.0.0.1:{rpc}/trellis.enqueue.v1.EnqueueService")
            IMAGE.until_healthy(f"http://127.0.0.1:{worker_ops}/readyz")
            stack.enter_context(IMAGE.running("gateway", env={
                "HTTP_ADDR": f"127.0.0.1:{http}", "ENQUEUE_ADDR": f"dns:///127.0.0.1:{rpc}",
                "ORDER_ADDR": "none", "WEATHER_ADDR": "none", "POST_ADDR": "none",
                "KEYTEST_ADDR": "none"}))
            IMAGE.until_healthy(f"http://127.0.0.1:{http}/readyz")
            request = urllib.request.Request(f"http://127.0.0.1:{http}/enqueue", b"from the image")
            with urllib.request.urlopen(request, timeout=10) as answer:
                self.assertTrue(json.load(answer)["enqueued"])
            deadline = time.monotonic() + 20
            while "from the image" not in subprocess.run(
                    IMAGE.run_command("tail", "-n", "50", "/data/processed.log"),
                    capture_output=True, text=True).stdout:
                self.assertLess(time.monotonic(), deadline, "the message was not processed")
                time.sleep(0.2)


def requirements(arguments):
    for tool, package in (("buildah", "buildah"), ("debootstrap", "debootstrap"),
                          ("strip", "binutils"), ("unshare", "util-linux")):
        if not shutil.which(tool):
            raise Skipped(f"{tool} is not installed (Debian package {package})")
    if os.geteuid() != 0:
        raise Skipped("debootstrap and buildah's chroot isolation need root")
    if arguments.full:
        if os.environ.get("TRELLIS_TEST_FULL_IMAGE") != "1":
            raise Skipped("compiling in the image takes long: set TRELLIS_TEST_FULL_IMAGE=1")
        return
    missing = [name for name in BINARIES if not (pathlib.Path(arguments.binaries) / name).exists()]
    if missing:
        raise Skipped(f"not built in {arguments.binaries}: {', '.join(missing)}")


def interrupt(*_):
    raise TimeoutError("cut short by a signal or by --limit")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", required=True, help="where the built binaries are")
    parser.add_argument("--cache", required=True, type=pathlib.Path, help="base and scratch")
    parser.add_argument("--limit", type=int, default=285, help="seconds")
    parser.add_argument("--full", action="store_true", help="compile inside the image")
    arguments, rest = parser.parse_known_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    os.nice(10)
    signal.signal(signal.SIGALRM, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    signal.alarm(arguments.limit)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    lock = open(arguments.cache / "lock", "w")
    status = 1
    try:
        requirements(arguments)
    except Skipped as reason:
        print(f"SKIPPED: {reason}")
        sys.exit(project.SKIPPED)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        for left in arguments.cache.glob("work-*"):  # of a run that was killed
            shutil.rmtree(left)
        temporary = arguments.cache.resolve() / "work-tmp"  # where buildah leaves its files
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)
        IMAGE = Image(arguments.cache, arguments.binaries, arguments.full)
        with timed("image: run"):
            tests = unittest.main(argv=sys.argv[:1] + rest, verbosity=2, exit=False)
        status = 0 if tests.result.wasSuccessful() else 1
    except Skipped as reason:
        print(f"SKIPPED: {reason}")
        status = project.SKIPPED
    finally:
        signal.alarm(0)
        for left in arguments.cache.glob("work-*"):
            shutil.rmtree(left)
    sys.exit(status)
