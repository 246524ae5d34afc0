// Follows all results with a queue of its own, and prints a line for each.
//
//     node listen.mjs QUEUE [COUNT]
//
// Ends after COUNT results if that is given.

import { env, argv, exit } from "node:process";

import { connect } from "amqplib";

const EXCHANGE = env.AMQP_EXCHANGE ?? "invoices";

async function main(queue, count) {
  const connection = await connect(env.AMQP_URL);
  // Without listeners, the end of a connection or channel would be an exception with a stack. Start this program again then.
  connection.on("error", (error) => failed(`the connection to the broker is lost: ${error.message}`));
  const channel = await connection.createChannel();
  channel.on("error", (error) => failed(`the broker has closed the channel: ${error.message}`));
  // Durable: results are kept while this program is away.
  await channel.assertQueue(queue, { durable: true, arguments: { "x-queue-type": "quorum" } });
  for (const routingKey of ["invoice.generated", "invoice.failed"]) {
    await channel.bindQueue(queue, EXCHANGE, routingKey);
  }
  await channel.prefetch(50);
  console.log(`listening to ${queue}`);
  // A program that stores results remembers these ids with them: events are published at least once.
  const seen = new Set();
  await channel.consume(queue, async (delivery) => {
    if (delivery === null) {
      failed("the broker has cancelled the consumer: its queue was deleted");
    }
    if (seen.size >= count) {
      return;
    }
    const event = JSON.parse(delivery.content.toString());
    if (!seen.has(event.id)) {
      seen.add(event.id);
      console.log(described(event));
    }
    // Only after the result is kept.
    channel.ack(delivery);
    if (seen.size >= count) {
      await channel.close();
      await connection.close();
    }
  });
}

/** Nothing is lost: what was not acknowledged is delivered again. */
function failed(message) {
  console.error(message);
  exit(1);
}

function described({ type, subject = "an unknown invoice", data }) {
  return type === "invoice.generated.v1"
    ? `generated ${subject} ${data.currency} ${data.grossMinor} ${data.url}`
    : `failed ${subject} ${data.code} ${data.detail}`;
}

function wrongUsage(message) {
  console.error(message);
  exit(2);
}

if (argv.length !== 3 && argv.length !== 4) {
  wrongUsage("usage: node listen.mjs QUEUE [COUNT]");
}
const count = Number(argv[3] ?? Infinity);
if (!(count >= 1)) {
  wrongUsage(`COUNT is ${argv[3]}, expected a whole number from 1`);
}
if (!env.AMQP_URL) {
  wrongUsage("AMQP_URL is not set, expected a URL like amqp://user:password@host:5672/%2f");
}
if (!env.AMQP_URL.includes("://")) {
  wrongUsage("AMQP_URL is no URL, expected one like amqp://user:password@host:5672/%2f");
}
main(argv[2], count).catch((error) => failed(error.message || String(error)));
