"""Sends the same requests through several workers, in turn, and prints what an invoice takes: measure_workers.py FOLDER [REQUESTS [ROUNDS [WORKER...]]]

The servers are those of AMQP_URL, DATABASE_URL and AWS_ENDPOINT_URL_S3. PROGRAM names invoice-dev; invoice-worker is beside it.
Logs of the workers are written to the folder.
"""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from uuid import uuid4

import pika
import psycopg

from plain_worker import TABLE

PATIENCE = 300  # seconds for anything
WARM_UP = 100  # requests for each process that renders
PYTHON = Path(__file__).with_name("plain_worker.py")
PROGRAM = Path(os.environ["PROGRAM"])
RUN = uuid4().hex[:8]
CORES = len(os.sched_getaffinity(0))


class Measured:
    """A worker: its processes, and where its records are."""

    def __init__(self, key, name, table, command, processes):
        self.key, self.name, self.table, self.command, self.processes = key, name, table, command, processes
        self.environment = environment(key)
        self.results = []

    def run(self, requests, turn):
        """A turn: starts it, warms it up, and measures the rest of the requests."""
        shop = f"{self.key}-{turn}-{RUN}"
        warm_up = requests[: WARM_UP * CORES]
        rest = requests[len(warm_up) :]
        with self.started(turn) as pids, connected() as connection:
            self.send(connection, warm_up, shop)
            self.wait(shop, len(warm_up))
            before = sum(map(used, pids))
            began = time.monotonic()
            self.send(connection, rest, shop)
            self.wait(shop, len(requests))
            seconds = time.monotonic() - began
            cpu = sum(map(used, pids)) - before
            memory = sum(map(memory_kib, pids))
        result = len(rest) / seconds, cpu * 1e3 / len(rest), memory / 1024
        self.results.append(result)
        print(f"{self.name}: %.0f a second, %.1f ms, %.0f MiB" % result, file=sys.stderr, flush=True)

    @contextmanager
    def started(self, turn):
        with open(folder / f"worker-{self.key}-{turn}.log", "wb") as log:
            start = lambda: subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)
            processes = [start() for _ in range(self.processes)]
            try:
                yield [process.pid for process in processes]
            finally:
                for process in processes:
                    process.send_signal(signal.SIGTERM)
                for process in processes:
                    process.wait(PATIENCE)

    def send(self, connection, requests, shop):
        channel = self.channel(connection)
        # A quorum queue loses what a channel has published and not got confirmed when it is closed.
        channel.confirm_delivery()
        for request in requests:
            request["marketplace"]["shopId"] = shop
            body = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
            properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, message_id=str(uuid4()))
            # To the queue itself, which may not be bound yet.
            channel.basic_publish("", self.environment["AMQP_QUEUE"], body, properties)
        channel.close()

    def channel(self, connection):
        """A channel, once the worker has declared its queue."""
        deadline = time.monotonic() + PATIENCE
        while True:
            channel = connection.channel()
            try:
                channel.queue_declare(self.environment["AMQP_QUEUE"], passive=True)
                return channel
            except pika.exceptions.ChannelClosedByBroker:
                assert time.monotonic() < deadline, f"{self.name} has no queue"
                time.sleep(0.2)

    def wait(self, shop, count):
        deadline = time.monotonic() + PATIENCE
        question = f"SELECT count(*) FROM {self.table} WHERE shop_id = %s"
        while database.execute(question, [shop]).fetchone()[0] < count:
            assert time.monotonic() < deadline, f"{self.name} has not made {count} invoices within {PATIENCE} s: see {folder}"
            time.sleep(0.05)


def environment(key):
    names = {"AMQP_EXCHANGE": f"bench.{key}.{RUN}", "AMQP_QUEUE": f"bench.{key}.{RUN}.requests"}
    return os.environ | names | {"AWS_S3_BUCKET_NAME": f"bench-{RUN}"}


@contextmanager
def connected():
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    yield connection
    connection.close()


def tree(pid):
    """The process and all below it."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rsplit(") ", 1)[1].split()[1]), []).append(int(stat.parent.name))
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def used(pid):
    """Processor time of a process and all below it, those that have ended included, in seconds."""
    ticks = 0
    for one in tree(pid):
        try:
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()[11:15]))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_kib(pid):
    """Memory of a process and all below it; what several share counts once."""
    kib = 0
    for one in tree(pid):
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kib


def plain(renderer, name):
    return Measured(renderer, name, "plain_invoice", [sys.executable, "-B", PYTHON, renderer], CORES)


def chromium_version():
    answer = subprocess.run([os.environ["CHROMIUM"], "--version"], capture_output=True, text=True).stdout
    return next((word for word in answer.split() if word[0].isdigit()), "")


folder = Path(sys.argv[1])
requests = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3

workers = [
    Measured("invoice-worker", "invoice-worker", "sales_invoice", [PROGRAM.with_name("invoice-worker"), "worker"], 1),
    plain("typst", f"plain Python worker, Typst {version('typst')}"),
]
if os.environ.get("CHROMIUM"):
    workers.append(plain("chromium", f"plain Python worker, headless Chromium {chromium_version()}"))
if len(sys.argv) > 4:
    workers = [worker for worker in workers if worker.key in sys.argv[4:]]

command = [PROGRAM, "bench", "requests", "--requests", str(requests + WARM_UP * CORES)]
bodies = [json.loads(line) for line in subprocess.run(command, check=True, capture_output=True).stdout.splitlines()]
# Makes the bucket for all of them.
setup = [PROGRAM.with_name("invoice-worker"), "setup"]
subprocess.run(setup, env=environment("invoice-worker"), check=True, stdout=subprocess.DEVNULL)
database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
if any(worker.table == "plain_invoice" for worker in workers):
    database.execute(TABLE)
for turn in range(rounds):
    for worker in workers:
        worker.run(bodies, turn)

print("| worker | invoices a second | CPU ms an invoice | MiB |\n|---|---|---|---|")
for worker in workers:
    per_second, cpu, memory = map(median, zip(*worker.results))
    print(f"| {worker.name} | {per_second:.0f} | {cpu:.1f} | {memory:.0f} |")
