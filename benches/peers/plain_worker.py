"""A plain worker: consumes requests, renders invoices, stores them and records them: plain_worker.py typst|chromium

One message after the other; run as many as there are cores. It checks the sums and nothing else, and what is published is not
confirmed. Settings: AMQP_URL, AMQP_EXCHANGE, AMQP_QUEUE, DATABASE_URL, AWS_S3_BUCKET_NAME, and those of the AWS SDK.
"""

import json
import logging
import os
import signal
import sys

import boto3
import pika
import psycopg
from botocore.config import Config

from plain_invoice import Invoice, WrongSums
from plain_renderers import RENDERERS

# Made when the worker is installed.
TABLE = """CREATE TABLE IF NOT EXISTS plain_invoice (
    platform text NOT NULL, shop_id text NOT NULL, order_id text NOT NULL, package_id text NOT NULL, sequence_number text NOT NULL,
    number text NOT NULL, currency text NOT NULL, gross numeric NOT NULL, file_path text NOT NULL, request jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (platform, shop_id, order_id, package_id, sequence_number))"""
INSERT = """INSERT INTO plain_invoice
    (platform, shop_id, order_id, package_id, sequence_number, number, currency, gross, file_path, request)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"""
IDENTITY = ("platform", "shopId", "orderId", "packageId", "sequenceNumber")
log = logging.getLogger("worker")


class Worker:
    def __init__(self, render):
        self.render = render
        self.exchange = os.environ["AMQP_EXCHANGE"]
        self.queue = os.environ["AMQP_QUEUE"]
        self.bucket = os.environ["AWS_S3_BUCKET_NAME"]
        self.database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
        self.storage = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
        self.connection = pika.BlockingConnection(pika.URLParameters(os.environ["AMQP_URL"]))
        self.channel = self.connection.channel()
        self.channel.exchange_declare(self.exchange, "topic", durable=True)
        self.channel.queue_declare(self.queue, durable=True)
        self.channel.queue_bind(self.queue, self.exchange, "invoice.requested")
        self.channel.basic_qos(prefetch_count=16)
        self.channel.basic_consume(self.queue, self.handle)

    def handle(self, channel, method, properties, body):
        try:
            invoice = Invoice(json.loads(body))
        except (ValueError, LookupError, WrongSums):
            log.exception("rejected")
            channel.basic_reject(method.delivery_tag, requeue=False)
            return
        pdf = self.render(invoice)
        identity = [invoice.request["marketplace"][part] for part in IDENTITY]
        key = "/".join(["invoices", *identity]) + ".pdf"
        self.storage.put_object(Bucket=self.bucket, Key=key, Body=pdf, ContentType="application/pdf")
        url = f"{self.storage.meta.endpoint_url}/{self.bucket}/{key}"
        row = (*identity, invoice.number, invoice.currency, invoice.gross, url, body.decode())
        self.database.execute(INSERT, row)
        event = {"marketplace": invoice.request["marketplace"], "number": invoice.number, "url": url}
        durable = pika.BasicProperties(content_type="application/json", delivery_mode=2, correlation_id=properties.message_id)
        channel.basic_publish(self.exchange, "invoice.generated", json.dumps(event), durable)
        channel.basic_ack(method.delivery_tag)
        log.info("generated %s", key)

    def run(self):
        signal.signal(signal.SIGTERM, lambda *_: self.connection.add_callback_threadsafe(self.channel.stop_consuming))
        self.channel.start_consuming()
        self.connection.close()
        self.database.close()


def main():
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("pika").setLevel(logging.WARNING)
    with RENDERERS[sys.argv[1]]() as render:
        Worker(render).run()


if __name__ == "__main__":
    main()
