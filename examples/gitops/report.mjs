#!/usr/bin/env node
// Shows a drawing of traffic-split.mjs where people look, on GitHub and on GitLab:
//
//   node report.mjs review FILE    a comment on the pull or merge request of this pipeline; the one made before is updated
//   node report.mjs released FILE  the same comment, found by the commit that a pipeline of the main branch releases
//   node report.mjs drift FILE     an issue about drift; the open one is updated
//   node report.mjs settled        closes that issue, where there is one
//
// It finds what it made before by the first line of the drawing. GitHub gives it GITHUB_TOKEN, and the workflow gives
// PULL_REQUEST, its number; GitLab needs GITLAB_TOKEN, an access token of the project with the scope api, since the token
// of a job may not write comments. It needs Node 18 or later and nothing else.

import { readFileSync } from "node:fs";
import { MARK } from "./traffic-split.mjs";

const TITLE = "Live traffic differs from the configuration";
const PAGE = 100;

const environment = (name, why) => {
  if (!process.env[name]) throw new Error(`The environment variable ${name} is not set: ${why}.`);
  return process.env[name];
};

// What differs between the two: where things are, and what they are called.
function github() {
  const base = `${environment("GITHUB_API_URL", "GitHub sets it")}/repos/${environment("GITHUB_REPOSITORY", "GitHub sets it")}`;
  const headers = { authorization: `Bearer ${environment("GITHUB_TOKEN", "give the step the token of the job: GITHUB_TOKEN: ${{ github.token }}")}`, accept: "application/vnd.github+json", "x-github-api-version": "2022-11-28" };
  const mine = (entry) => entry.user?.type === "Bot" && !entry.pull_request && isDrawing(entry.body);
  return {
    headers,
    log: `${process.env.GITHUB_SERVER_URL}/${process.env.GITHUB_REPOSITORY}/actions/runs/${process.env.GITHUB_RUN_ID}`,
    permission: "Has the job the permission pull-requests: write or issues: write?",
    request: () => environment("PULL_REQUEST", "give the step the number: PULL_REQUEST: ${{ github.event.number }}"),
    requests: () => `${base}/commits/${environment("GITHUB_SHA", "GitHub sets it")}/pulls`,
    comments: (request) => `${base}/issues/${request}/comments`,
    comment: (found) => ["PATCH", `${base}/issues/comments/${found.id}`],
    issues: () => `${base}/issues`,
    open: "state=open&",
    issue: (found) => ["PATCH", `${base}/issues/${found.number}`],
    content: (body) => ({ body }),
    closed: { state: "closed" },
    isComment: mine,
    isIssue: mine,
  };
}

function gitlab() {
  const root = environment("CI_API_V4_URL", "GitLab sets it");
  const base = `${root}/projects/${encodeURIComponent(environment("CI_PROJECT_ID", "GitLab sets it"))}`;
  const headers = { "private-token": environment("GITLAB_TOKEN", "make an access token of the project with the scope api and the role Reporter, and a masked variable of it") };
  return {
    headers,
    log: process.env.CI_JOB_URL,
    permission: "Has the token the scope api and the role Reporter?",
    request: () => environment("CI_MERGE_REQUEST_IID", "run the job for merge requests only"),
    requests: () => `${base}/repository/commits/${environment("CI_COMMIT_SHA", "GitLab sets it")}/merge_requests`,
    comments: (request) => `${base}/merge_requests/${request}/notes`,
    comment: (found, request) => ["PUT", `${base}/merge_requests/${request}/notes/${found.id}`],
    issues: () => `${base}/issues`,
    open: "state=opened&scope=created_by_me&",
    issue: (found) => ["PUT", `${base}/issues/${found.iid}`],
    content: (body, isIssue) => (isIssue ? { description: body } : { body }),
    closed: { state_event: "close" },
    me: `${root}/user`,
    isComment: (entry, me) => entry.author?.id === me.id && isDrawing(entry.body),
    isIssue: (entry) => isDrawing(entry.description),
  };
}

const isDrawing = (text) => typeof text === "string" && text.startsWith(MARK);

async function call(host, method, url, body) {
  const options = { method, headers: { ...host.headers, "user-agent": "esa-traffic-split", ...(body && { "content-type": "application/json" }) }, body: body && JSON.stringify(body), signal: AbortSignal.timeout(30_000) };
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new Error(`${method} ${url}: ${error.cause?.message ?? error.message}`);
  }
  const text = await response.text();
  if (!response.ok) {
    const hint = [401, 403, 404].includes(response.status) ? ` ${host.permission}` : "";
    throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 300)}${hint}`);
  }
  return JSON.parse(text);
}

// find looks through all pages for what was made before.
async function find(host, url, filter, matches) {
  for (let page = 1; ; page++) {
    const entries = await call(host, "GET", `${url}?${filter}per_page=${PAGE}&page=${page}`);
    const found = entries.find(matches);
    if (found || entries.length < PAGE) return found;
  }
}

// requestOfCommit is the number of the merged pull or merge request that the commit came with.
async function requestOfCommit(host) {
  const [request] = await call(host, "GET", host.requests());
  return request?.iid ?? request?.number;
}

function drawing(host, file, what) {
  const text = readFileSync(file, "utf8");
  if (!isDrawing(text)) throw new Error(`${file} is no drawing of traffic-split.mjs: its first line is not ${MARK}.`);
  const commit = (process.env.COMMIT ?? process.env.CI_COMMIT_SHA ?? process.env.GITHUB_SHA ?? "").slice(0, 8);
  return `${text}\n---\n${what === "released" ? "Release" : "Plan"} of ${commit || "this commit"}: [log](${host.log})\n`;
}

async function main([what, file, ...rest]) {
  const takes = { review: 1, released: 1, drift: 1, settled: 0 }[what];
  if (takes === undefined || rest.length > 0 || (file === undefined ? 0 : 1) !== takes) throw new Error("Want: report.mjs review FILE, report.mjs released FILE, report.mjs drift FILE or report.mjs settled.");
  const host = process.env.GITLAB_CI ? gitlab() : github();
  if (what === "review" || what === "released") {
    const body = host.content(drawing(host, file, what));
    const request = what === "review" ? host.request() : await requestOfCommit(host);
    if (request === undefined) {
      console.log("No request has this commit, so there is no comment.");
      return;
    }
    const comments = host.comments(request);
    const me = host.me && (await call(host, "GET", host.me));
    const found = await find(host, comments, "", (entry) => host.isComment(entry, me));
    await (found ? call(host, ...host.comment(found, request), body) : call(host, "POST", comments, body));
    console.log(found ? "The comment is updated." : "The comment is made.");
    return;
  }
  const found = await find(host, host.issues(), host.open, host.isIssue);
  if (what === "settled") {
    if (found) await call(host, ...host.issue(found), host.closed);
    console.log(found ? "The issue is closed." : "There is no open issue.");
    return;
  }
  const body = host.content(drawing(host, file), true);
  const made = await (found ? call(host, ...host.issue(found), body) : call(host, "POST", host.issues(), { title: TITLE, ...body }));
  console.log(`The issue is ${found ? "updated" : "opened"}: ${made.html_url ?? made.web_url}`);
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`report: ${error.message}\n`);
  process.exitCode = 1;
});
