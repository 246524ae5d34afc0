"""One headless Chromium and one page in it, whose body changes. The debugging protocol runs over two pipes: no port is open."""

import json
import os
import signal
import subprocess
import tempfile
from base64 import b64decode
from contextlib import contextmanager
from itertools import count
from pathlib import Path


@contextmanager
def browser(style):
    """A page with this style; None where no browser is installed."""
    program = os.environ.get("CHROMIUM")
    if not program:
        yield None
        return
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        requests_end, requests = os.pipe()
        answers, answers_end = os.pipe()
        # The browser reads from 3 and writes to 4.
        command = ["bash", "-c", f'exec "$@" 3<&{requests_end} 4>&{answers_end}', "bash", program, "--headless", "--no-sandbox"]
        # Hinting is for screens: on paper it moves letters apart.
        command += ["--disable-gpu", "--font-render-hinting=none", "--remote-debugging-pipe", f"--user-data-dir={folder}", "about:blank"]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(requests_end, answers_end), start_new_session=True
        )
        try:
            os.close(requests_end)
            os.close(answers_end)
            page = Page(process.pid, requests, answers)
            page.open(style, folder)
            number = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            page.version = next((word for word in number.split() if word[0].isdigit()), "")
            yield page
        finally:
            # The whole group: what was started may be a script around the browser.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(requests)
            os.close(answers)


class Page:
    """A page of the browser at these pipes."""

    def __init__(self, process, requests, answers):
        self.process = process
        self.requests = requests
        self.received = messages(answers)
        self.ids = count()
        self.session = None

    def call(self, method, **parameters):
        message = {"id": next(self.ids), "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        with open(self.requests, "wb", closefd=False) as pipe:
            pipe.write(json.dumps(message).encode() + b"\0")
        answer = next(answer for answer in self.received if answer.get("id") == message["id"])
        return answer["result"]

    def open(self, style, folder):
        target = next(target["targetId"] for target in self.call("Target.getTargets")["targetInfos"] if target["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        start = Path(folder, "start.html")
        start.write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>")
        self.call("Page.navigate", url=start.as_uri())
        self.wait_for("new Promise(done => document.readyState == 'complete' ? done() : addEventListener('load', done))")

    def wait_for(self, promise):
        result = self.call("Runtime.evaluate", expression=f"{promise}.then(() => true)", awaitPromise=True)
        assert result["result"].get("value"), result

    def pdf(self, language, title, body):
        parts = json.dumps([language, title, body])
        self.wait_for(f"""[document.documentElement.lang, document.title, document.body.innerHTML] = {parts};
            Promise.all([document.fonts.ready, ...[...document.images].map(image => image.decode())])""")
        pdf = self.call("Page.printToPDF", generateTaggedPDF=False, preferCSSPageSize=True, printBackground=True)
        return b64decode(pdf["data"])


def messages(pipe):
    """What the browser says; each ends with a zero byte."""
    rest = b""
    while chunk := os.read(pipe, 1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from map(json.loads, whole)


def session_time(session):
    """Processor time of the processes of a session, in seconds."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            values = stat.read_text().rsplit(") ", 1)[1].split()
        except OSError:
            continue
        if int(values[3]) == session:
            # Its own, and that of its children that have ended.
            ticks += sum(map(int, values[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")
