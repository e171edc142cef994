// make gitops-test runs these, against a stand-in of both APIs on this machine.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("report.mjs", import.meta.url));
const drawing = fileURLToPath(new URL("testdata/release.md", import.meta.url));
const MARK = "<!-- esa traffic split -->";

// api serves lists, in pages of 100, and records what is written.
async function api(t, lists, status = 200) {
  const writes = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://stand-in");
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => {
      response.writeHead(status, { "content-type": "application/json" });
      if (status !== 200) return response.end('{"message":"Resource not accessible by integration"}');
      if (url.pathname === "/user") return response.end('{"id":5}');
      if (request.method === "GET") {
        const page = Number(url.searchParams.get("page"));
        if (url.pathname.includes("/commits/")) return response.end(JSON.stringify(lists[url.pathname] ?? []));
        assert.equal(url.searchParams.get("per_page"), "100");
        return response.end(JSON.stringify((lists[url.pathname] ?? []).slice(100 * (page - 1), 100 * page)));
      }
      writes.push({ method: request.method, path: url.pathname, body: JSON.parse(text), headers: request.headers });
      response.end(JSON.stringify({ html_url: "https://example.com/issues/7", web_url: "https://example.com/issues/7" }));
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address().port}`, writes };
}

function run(env, ...args) {
  return new Promise((done) => {
    const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
    const result = { stdout: "", stderr: "" };
    child.stdout.on("data", (part) => (result.stdout += part));
    child.stderr.on("data", (part) => (result.stderr += part));
    child.on("close", (status) => done({ ...result, status }));
  });
}

const onGitHub = (url) => ({ GITHUB_API_URL: url, GITHUB_REPOSITORY: "acme/edge", GITHUB_TOKEN: "the-token", GITHUB_SERVER_URL: "https://example.com", GITHUB_RUN_ID: "5", GITHUB_SHA: "0123456789abcdef", PULL_REQUEST: "42" });
const onGitLab = (url) => ({ GITLAB_CI: "true", CI_API_V4_URL: url, CI_PROJECT_ID: "9", GITLAB_TOKEN: "the-token", CI_JOB_URL: "https://example.com/jobs/5", CI_COMMIT_SHA: "0123456789abcdef", CI_MERGE_REQUEST_IID: "42" });

const bot = { user: { type: "Bot" } };
const filler = Array.from({ length: 150 }, (_, id) => ({ id, body: "a remark", description: "a remark", ...bot }));

for (const host of [
  {
    name: "GitHub", env: onGitHub, comments: "/repos/acme/edge/issues/42/comments", issues: "/repos/acme/edge/issues",
    oldComment: { id: 77, body: `${MARK}\nold`, ...bot }, updateComment: ["PATCH", "/repos/acme/edge/issues/comments/77"],
    oldIssue: { number: 7, body: `${MARK}\nold`, ...bot }, updateIssue: ["PATCH", "/repos/acme/edge/issues/7"],
    body: (write) => write.body.body, issueBody: (write) => write.body.body, closed: { state: "closed" },
    foreign: { id: 1, number: 1, body: `${MARK}\nquoted by a person`, user: { type: "User" } },
    token: (headers) => headers.authorization === "Bearer the-token",
    ofCommit: "/repos/acme/edge/commits/0123456789abcdef/pulls", withoutNumber: "PULL_REQUEST",
  },
  {
    name: "GitLab", env: onGitLab, comments: "/projects/9/merge_requests/42/notes", issues: "/projects/9/issues",
    oldComment: { id: 77, body: `${MARK}\nold`, author: { id: 5 } }, updateComment: ["PUT", "/projects/9/merge_requests/42/notes/77"],
    oldIssue: { iid: 7, description: `${MARK}\nold` }, updateIssue: ["PUT", "/projects/9/issues/7"],
    body: (write) => write.body.body, issueBody: (write) => write.body.description, closed: { state_event: "close" },
    foreign: { id: 1, body: `${MARK}\nquoted by a person`, author: { id: 6 } },
    token: (headers) => headers["private-token"] === "the-token",
    ofCommit: "/projects/9/repository/commits/0123456789abcdef/merge_requests", withoutNumber: "CI_MERGE_REQUEST_IID",
  },
]) {
  test(`${host.name}: the first comment is made, with the drawing and the log`, async (t) => {
    const { url, writes } = await api(t, { [host.comments]: [...filler, host.foreign] });
    const result = await run(host.env(url), "review", drawing);
    assert.deepEqual([result.status, result.stderr], [0, ""]);
    assert.deepEqual(writes.map(({ method, path }) => [method, path]), [["POST", host.comments]]);
    assert.match(host.body(writes[0]), new RegExp(`^${MARK}\n## Traffic split[^]*40% of the traffic moves[^]*Plan of 01234567: \\[log\\]\\(https://example.com/`));
    assert.ok(host.token(writes[0].headers));
  });

  test(`${host.name}: the comment made before is updated, on whatever page it is`, async (t) => {
    const { url, writes } = await api(t, { [host.comments]: [...filler, host.oldComment] });
    assert.equal((await run(host.env(url), "review", drawing)).status, 0);
    assert.deepEqual(writes.map(({ method, path }) => [method, path]), [host.updateComment]);
  });

  test(`${host.name}: a release is told in the request that its commit came with`, async (t) => {
    const lists = { [host.ofCommit]: [{ number: 42, iid: 42 }], [host.comments]: [host.oldComment] };
    const { url, writes } = await api(t, lists);
    const env = { ...host.env(url), [host.withoutNumber]: "" };
    assert.deepEqual(await run(env, "released", drawing), { stdout: "The comment is updated.\n", stderr: "", status: 0 });
    assert.deepEqual(writes.map(({ method, path }) => [method, path]), [host.updateComment]);
    assert.match(host.body(writes[0]), /Release of 01234567: /);
    lists[host.ofCommit] = [];
    assert.deepEqual(await run(env, "released", drawing), { stdout: "No request has this commit, so there is no comment.\n", stderr: "", status: 0 });
    assert.equal(writes.length, 1);
  });

  test(`${host.name}: drift opens an issue, updates it and closes it`, async (t) => {
    const lists = { [host.issues]: [] };
    const { url, writes } = await api(t, lists);
    assert.match((await run(host.env(url), "settled")).stdout, /no open issue/);
    assert.match((await run(host.env(url), "drift", drawing)).stdout, /opened: https:\/\/example.com\/issues\/7/);
    lists[host.issues] = [host.oldIssue];
    assert.match((await run(host.env(url), "drift", drawing)).stdout, /updated/);
    assert.match((await run(host.env(url), "settled")).stdout, /closed/);
    assert.deepEqual(writes.map(({ method, path }) => [method, path]), [["POST", host.issues], host.updateIssue, host.updateIssue]);
    assert.equal(writes[0].body.title, "Live traffic differs from the configuration");
    assert.match(host.issueBody(writes[0]), /40% of the traffic moves/);
    assert.deepEqual(writes[2].body, host.closed);
  });

  test(`${host.name}: a refusal says which permission is missing, and never the token`, async (t) => {
    const { url } = await api(t, {}, 403);
    const result = await run(host.env(url), "review", drawing);
    assert.equal(result.status, 1);
    assert.match(result.stderr, /^report: GET .*403 .*not accessible.*(permission|scope)/);
    assert.ok(!result.stderr.includes("the-token"));
  });

  test(`${host.name}: a variable that is missing is named`, async () => {
    for (const [name, value] of Object.entries(host.env("http://127.0.0.1:1"))) {
      if (/TOKEN|PULL_REQUEST|IID|API/.test(name)) {
        const result = await run({ ...host.env("http://127.0.0.1:1"), [name]: "" }, "review", drawing);
        assert.match(result.stderr, new RegExp(`${name} is not set: `), `${name}=${value}`);
      }
    }
  });
}

test("an issue of GitHub that is a pull request is none of ours", async (t) => {
  const { url, writes } = await api(t, { "/repos/acme/edge/issues": [{ number: 3, body: MARK, ...bot, pull_request: {} }] });
  await run(onGitHub(url), "drift", drawing);
  assert.deepEqual(writes.map(({ method }) => method), ["POST"]);
});

test("what is no drawing is not shown", async () => {
  const result = await run(onGitHub("http://127.0.0.1:1"), "review", script);
  assert.match(result.stderr, /is no drawing of traffic-split\.mjs/);
  assert.equal(result.status, 1);
});

test("an address that does not answer, and wrong arguments", async () => {
  const closed = await new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(`http://127.0.0.1:${port}`));
    });
  });
  assert.match((await run(onGitHub(closed), "review", drawing)).stderr, /ECONNREFUSED/);
  assert.match((await run({}, "show")).stderr, /Want: report\.mjs review FILE/);
  assert.match((await run({}, "review")).stderr, /Want: report\.mjs review FILE/);
});
