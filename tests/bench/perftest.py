"""RabbitMQ's PerfTest: what the broker itself reaches, by a client of its makers."""
import re
import shutil
import subprocess

from harness import ROOT

POM = ROOT / "tests" / "bench" / "peers" / "perftest" / "pom.xml"
JARS = ROOT / "build" / "bench" / "perftest"


def fetch():
    """Whether PerfTest is there; brings it from Maven Central where it is not."""
    for tool, package in (("java", "default-jre-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            print(f"PerfTest is left out: there is no {tool}; install {package}")
            return False
    # Of this pom: another version of it fetches again.
    complete = JARS / "pom.xml"
    if complete.exists() and complete.read_bytes() == POM.read_bytes():
        return True
    shutil.rmtree(JARS, ignore_errors=True)
    print("fetching PerfTest ...", flush=True)
    result = subprocess.run(["mvn", "--batch-mode", "--quiet", "--file", POM,
                             "dependency:copy-dependencies", f"-DoutputDirectory={JARS}"],
                            capture_output=True, text=True)
    if result.returncode != 0:
        print("PerfTest is left out: Maven could not fetch it:\n" + result.stdout[-1000:])
        return False
    shutil.copy(POM, complete)
    return True


def run(broker, seconds, size, unconfirmed):
    """Messages a second through a quorum queue: published, confirmed, consumed and acked.

    One producer and one consumer, persistent messages, each acked by itself. `unconfirmed` is how
    many messages wait for their confirm at a time, and how many the consumer has in hand."""
    queue = f"perftest-{unconfirmed}"
    output = subprocess.run(
        ["java", "-cp", f"{JARS}/*", "com.rabbitmq.perf.PerfTest", "--uri", broker.url.rstrip("/"),
         "--producers", "1", "--consumers", "1", "--quorum-queue", "--queue", queue,
         "--auto-delete", "false", "--flag", "persistent", "--size", str(size),
         "--confirm", str(unconfirmed), "--qos", str(unconfirmed), "--time", str(seconds)],
        capture_output=True, text=True).stdout
    broker.delete(queue)
    rates = [(float(time), min(int(sent), int(received))) for time, sent, received in re.findall(
        r"time ([0-9.]+) s, sent: (\d+) msg/s, .*received: (\d+) msg/s", output)]
    # The first third is for the JVM to get warm.
    warm = [rate for time, rate in rates if time > seconds / 3]
    if not warm:
        raise SystemExit(f"bench: PerfTest told no rates:\n{output[-2000:]}")
    return sum(warm) / len(warm)
