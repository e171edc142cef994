#!/usr/bin/env node
// Requests a URL again and again and ends with exit code 1 where one answer is not a success:
//
//   node check.mjs URL [ADDRESS]
//
// With an address, such as one of staging's, the requests go there and keep the host name of the URL. A canary of 10% serves
// one of 29 requests with a certainty of 95%, one of 5% one of 59: CHECK_REQUESTS says how many are made, 60 by default.

import { request as plain } from "node:http";
import { request as encrypted } from "node:https";

const [url, address] = process.argv.slice(2);
const count = Number(process.env.CHECK_REQUESTS ?? 60);
if (!URL.canParse(url) || !(count > 0)) {
  process.stderr.write("check: want: node check.mjs URL [ADDRESS], and CHECK_REQUESTS as a number\n");
  process.exit(1);
}

function visit() {
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const [to, toPort] = (address ?? hostname).split(":");
  const options = { host: to, port: toPort ?? port, path: pathname + search, headers: { host }, servername: hostname, timeout: 10_000, agent: false };
  return new Promise((resolve) => {
    const sent = (protocol === "https:" ? encrypted : plain)(options, (response) => {
      response.resume();
      resolve(response.statusCode >= 200 && response.statusCode < 300 ? "" : `HTTP ${response.statusCode}`);
    });
    sent.on("timeout", () => sent.destroy(new Error("no answer within 10s")));
    sent.on("error", (error) => resolve(error.message));
    sent.end();
  });
}

const failures = [];
for (let made = 1; made <= count; made++) {
  const failure = await visit();
  if (failure) failures.push(`request ${made}: ${failure}`);
}
console.log(`${url}${address ? ` at ${address}` : ""}: ${count - failures.length} of ${count} requests succeeded.`);
if (failures.length > 0) {
  process.stderr.write(`check: ${failures.slice(0, 3).join("\ncheck: ")}\n`);
  process.exitCode = 1;
}
