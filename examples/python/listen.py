"""Follows all results with a queue of its own, and prints a line for each.

    python3 listen.py QUEUE [COUNT]

Ends after COUNT results if that is given.
"""

import json
import os
import sys

import pika
import pika.exceptions

EXCHANGE = os.environ.get("AMQP_EXCHANGE", "invoices")


def main(queue: str, count: int | None) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
    with connection:
        channel = connection.channel()
        # Durable: results are kept while this program is away.
        channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
        for routing_key in ("invoice.generated", "invoice.failed"):
            channel.queue_bind(queue, EXCHANGE, routing_key)
        channel.basic_qos(prefetch_count=50)
        print(f"listening to {queue}", flush=True)
        # A program that stores results remembers these ids with them: events are published at least once.
        seen = set()
        for delivery, _, body in channel.consume(queue):
            event = json.loads(body)
            if event["id"] not in seen:
                seen.add(event["id"])
                print(described(event), flush=True)
            # Only after the result is kept.
            channel.basic_ack(delivery.delivery_tag)
            if count is not None and len(seen) >= count:
                return
        sys.exit("the broker has cancelled the consumer: its queue was deleted")


def described(event: dict) -> str:
    data = event["data"]
    subject = event.get("subject", "an unknown invoice")
    if event["type"] == "invoice.generated.v1":
        return f"generated {subject} {data['currency']} {data['grossMinor']} {data['url']}"
    return f"failed {subject} {data['code']} {data['detail']}"


def wrong_usage(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        wrong_usage("usage: python3 listen.py QUEUE [COUNT]")
    if len(sys.argv) == 3 and not (sys.argv[2].isdecimal() and int(sys.argv[2]) >= 1):
        wrong_usage(f"COUNT is {sys.argv[2]}, expected a whole number from 1")
    if not os.environ.get("AMQP_URL"):
        wrong_usage("AMQP_URL is not set, expected a URL like amqp://user:password@host:5672/%2f")
    if "://" not in os.environ["AMQP_URL"]:
        wrong_usage("AMQP_URL is no URL, expected one like amqp://user:password@host:5672/%2f")
    try:
        main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else None)
    except pika.exceptions.AMQPError as error:
        # Nothing is lost: what was not acknowledged is delivered again.
        sys.exit(f"the connection to the broker is lost, or it refuses: {error!r}")
