"""Requests an invoice, waits for its event, downloads the document and verifies it.

    python3 request_invoice.py REQUEST.json INVOICE.pdf
"""

import hashlib
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import pika
from pika.exceptions import AMQPError, NackError, UnroutableError

EXCHANGE = os.environ.get("AMQP_EXCHANGE", "invoices")
LONGEST_WAIT_SECONDS = 60


def main(request_file: str, document_file: str) -> None:
    body = Path(request_file).read_bytes()
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    with connection:
        event = request(connection.channel(), body)
    data = event["data"]
    for warning in data["warnings"]:
        print(f"warning {warning['code']} {warning['pointer']}: {warning['detail']}")
    if event["type"] == "invoice.failed.v1":
        for error in data["errors"]:
            print(f"{error['code']} {error['pointer']}: {error['detail']}")
        sys.exit(f"no document for {event.get('subject', 'this request')}: {data['code']}: {data['detail']}")
    document = download(event["subject"])
    # The digest in the event is that of the issued document.
    if hashlib.sha256(document).hexdigest() != data["sha256"]:
        sys.exit(f"{event['subject']}: the download is not the document that was issued")
    Path(document_file).write_bytes(document)
    print(f"{event['subject']}: {data['pages']} page(s), {len(document)} bytes, in {document_file}")


def request(channel, body: bytes) -> dict:
    """Publishes a request, and returns the event that answers it."""
    # An exclusive queue for the answers, which ends with the connection. It is there before the request is.
    replies = channel.queue_declare("", exclusive=True).method.queue
    correlation_id = str(uuid.uuid4())
    properties = pika.BasicProperties(
        content_type="application/json",
        delivery_mode=pika.DeliveryMode.Persistent,
        message_id=str(uuid.uuid4()),
        correlation_id=correlation_id,
        reply_to=replies,
    )
    # With confirms, basic_publish returns when the broker has the message. Mandatory: it must reach a queue.
    channel.confirm_delivery()
    try:
        channel.basic_publish(EXCHANGE, "invoice.requested", body, properties, mandatory=True)
    except UnroutableError:
        sys.exit(f"no queue takes requests from the exchange {EXCHANGE}: has a worker run on this broker?")
    except NackError:
        sys.exit("the queue of requests is full: publish the same request again later")
    answers = channel.consume(replies, auto_ack=True, inactivity_timeout=LONGEST_WAIT_SECONDS)
    for _, answer, event in answers:
        if answer is None:
            # Nothing is lost: a worker processes the request when it can, and the same request gives the same document.
            sys.exit(f"no answer within {LONGEST_WAIT_SECONDS} s")
        if answer.correlation_id == correlation_id:
            return json.loads(event)
    sys.exit("the broker has cancelled the queue for the answers")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def download(subject: str) -> bytes:
    """Downloads a document. The API answers with a presigned URL, which needs no token and must not be sent one."""
    path = "/".join(urllib.parse.quote(part, safe="") for part in subject.split("/"))
    call = urllib.request.Request(f"{os.environ['API_URL']}/v1/invoices/{path}/document")
    if token := os.environ.get("API_TOKEN"):
        call.add_header("Authorization", f"Bearer {token}")
    try:
        urllib.request.build_opener(NoRedirect).open(call, timeout=30)
    except urllib.error.HTTPError as answer:
        if answer.code == 302:
            with urllib.request.urlopen(answer.headers["Location"], timeout=30) as stored:
                return stored.read()
        sys.exit(f"the API has answered {answer.code}: {answer.read().decode()}")
    except urllib.error.URLError as error:
        sys.exit(f"the API cannot be reached at {os.environ['API_URL']}: {error.reason}")
    sys.exit("the API has not answered with the URL of the document")


def wrong_usage(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        wrong_usage("usage: python3 request_invoice.py REQUEST.json INVOICE.pdf")
    for name, example in (("AMQP_URL", "amqp://user:password@host:5672/%2f"), ("API_URL", "http://127.0.0.1:8080")):
        if not os.environ.get(name):
            wrong_usage(f"{name} is not set, expected a URL like {example}")
        if "://" not in os.environ[name]:
            wrong_usage(f"{name} is no URL, expected one like {example}")
    try:
        main(*sys.argv[1:])
    except AMQPError as error:
        # Whether the request was published may be unknown: the same request can be published again.
        sys.exit(f"the connection to the broker is lost, or it refuses: {error!r}")
    except OSError as error:
        # A file, or the bucket.
        sys.exit(str(error))
