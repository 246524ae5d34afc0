// Requests an invoice, waits for its event, downloads the document and verifies it.
//
//     node request-invoice.mjs REQUEST.json INVOICE.pdf

import { createHash, randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { env, argv, exit } from "node:process";

import { connect } from "amqplib";

const EXCHANGE = env.AMQP_EXCHANGE ?? "invoices";
const LONGEST_WAIT_MS = 60_000;

async function main(requestFile, documentFile) {
  const body = await readFile(requestFile);
  const connection = await connect(env.AMQP_URL);
  // Without listeners, the end of a connection or channel would be an exception with a stack.
  connection.on("error", (error) => failed(`the connection to the broker is lost: ${error.message}`));
  let event;
  try {
    event = await request(await connection.createConfirmChannel(), body);
  } finally {
    await connection.close();
  }
  const { subject, data } = event;
  for (const warning of data.warnings) {
    console.log(`warning ${warning.code} ${warning.pointer}: ${warning.detail}`);
  }
  if (event.type === "invoice.failed.v1") {
    for (const error of data.errors) {
      console.log(`${error.code} ${error.pointer}: ${error.detail}`);
    }
    throw new Error(`no document for ${subject ?? "this request"}: ${data.code}: ${data.detail}`);
  }
  const document = await download(subject);
  // The digest in the event is that of the issued document.
  if (createHash("sha256").update(document).digest("hex") !== data.sha256) {
    throw new Error(`${subject}: the download is not the document that was issued`);
  }
  await writeFile(documentFile, document);
  console.log(`${subject}: ${data.pages} page(s), ${document.length} bytes, in ${documentFile}`);
}

/** Publishes a request, and returns the event that answers it. */
async function request(channel, body) {
  channel.on("error", (error) => failed(`the broker has closed the channel: ${error.message}`));
  // An exclusive queue for the answers, which ends with the connection. It is there before the request is.
  const { queue: replyTo } = await channel.assertQueue("", { exclusive: true });
  const correlationId = randomUUID();
  const answered = new Promise((resolve) => {
    const onAnswer = (answer) => {
      if (answer?.properties.correlationId === correlationId) {
        resolve(JSON.parse(answer.content.toString()));
      }
    };
    channel.consume(replyTo, onAnswer, { noAck: true });
  });
  let isReturned = false;
  channel.on("return", () => (isReturned = true));
  const properties = {
    contentType: "application/json",
    persistent: true,
    messageId: randomUUID(),
    correlationId,
    replyTo,
    // It must reach a queue. The broker returns it before it confirms.
    mandatory: true,
  };
  channel.publish(EXCHANGE, "invoice.requested", body, properties);
  // Rejected where the queue of requests is full: publish the same request again later.
  await channel.waitForConfirms();
  if (isReturned) {
    throw new Error(`no queue takes requests from the exchange ${EXCHANGE}: has a worker run on this broker?`);
  }
  return within(LONGEST_WAIT_MS, answered);
}

/** The API answers with a presigned URL, which needs no token and must not be sent one. */
async function download(subject) {
  const path = subject.split("/").map(encodeURIComponent).join("/");
  const headers = env.API_TOKEN ? { Authorization: `Bearer ${env.API_TOKEN}` } : {};
  const answer = await called("the API", `${env.API_URL}/v1/invoices/${path}/document`, { headers, redirect: "manual" });
  if (answer.status !== 302) {
    throw new Error(`the API has answered ${answer.status}: ${await answer.text()}`);
  }
  const stored = await called("the bucket", answer.headers.get("location"));
  if (!stored.ok) {
    throw new Error(`the bucket has answered ${stored.status}`);
  }
  return Buffer.from(await stored.arrayBuffer());
}

/** `fetch` says no more than "fetch failed"; why is in the cause. */
async function called(server, url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    throw new Error(`${server} cannot be reached at ${new URL(url).origin}: ${error.cause?.message || error.message}`);
  }
}

/** Nothing is lost when the time is over: a worker processes the request when it can, and the same request gives the same document. */
async function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Whether the request was published may be unknown: the same request can be published again, and gives the same document. */
function failed(message) {
  console.error(message);
  exit(1);
}

function wrongUsage(message) {
  console.error(message);
  exit(2);
}

if (argv.length !== 4) {
  wrongUsage("usage: node request-invoice.mjs REQUEST.json INVOICE.pdf");
}
for (const [name, example] of [
  ["AMQP_URL", "amqp://user:password@host:5672/%2f"],
  ["API_URL", "http://127.0.0.1:8080"],
]) {
  if (!env[name]) {
    wrongUsage(`${name} is not set, expected a URL like ${example}`);
  }
  if (!env[name].includes("://")) {
    wrongUsage(`${name} is no URL, expected one like ${example}`);
  }
}
main(argv[2], argv[3]).catch((error) => failed(error.message || String(error)));
