// make gitops-test runs these; UPDATE=1 make gitops-test writes testdata/*.md anew.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { draw, MARK, readPlan } from "./traffic-split.mjs";

const testdata = new URL("testdata/", import.meta.url);
const script = fileURLToPath(new URL("traffic-split.mjs", import.meta.url));
const [first, second, third] = ["1723599747213377175", "1724031912836413459", "1724118312836413501"];

const run = (input, ...args) => spawnSync(process.execPath, [script, ...args], { input, encoding: "utf8" });

// The plans are what a real Terraform made; TestAccPlans holds them against the provider.
for (const name of readdirSync(testdata).filter((file) => file.endsWith(".json") && file !== "errored.json")) {
  test(`draws ${name}`, () => {
    const result = run(readFileSync(new URL(name, testdata)));
    assert.equal(result.stderr, "");
    assert.equal(result.status, 0);
    const golden = new URL(name.replace(".json", ".md"), testdata);
    if (process.env.UPDATE) writeFileSync(golden, result.stdout);
    assert.equal(result.stdout, readFileSync(golden, "utf8"));
  });
}

test("a plan in a file draws the same", () => {
  const file = fileURLToPath(new URL("release.json", testdata));
  assert.equal(run("", file).stdout, readFileSync(new URL("release.md", testdata), "utf8"));
});

test("a pipe whose other end is slow", { skip: process.platform === "win32" }, () => {
  const file = fileURLToPath(new URL("release.json", testdata));
  const writer = "setTimeout(() => process.stdout.write(require('fs').readFileSync(process.argv[1])), 300)";
  const result = spawnSync("sh", ["-c", '"$0" -e "$1" "$2" | "$0" "$3"', process.execPath, writer, file, script], { encoding: "utf8" });
  assert.deepEqual([result.stderr, result.status], ["", 0]);
  assert.equal(result.stdout, readFileSync(new URL("release.md", testdata), "utf8"));
});

const before = { name: "hello", env: "production", code_versions: [{ code_version: first, percentage: 90 }, { code_version: second, percentage: 10 }] };

// change is one change of a plan; parts of it can be replaced.
function change(parts = {}, outer = {}) {
  return {
    address: "esa_routine_code_deployment.x", mode: "managed", type: "esa_routine_code_deployment", ...outer,
    change: { actions: ["update"], before, after: before, after_unknown: {}, before_sensitive: {}, after_sensitive: {}, ...parts },
  };
}

const shares = (...pairs) => ({ ...before, code_versions: pairs.map(([code_version, percentage]) => ({ code_version, percentage })) });
const drawn = (...changes) => draw(readPlan(JSON.stringify({ format_version: "1.2", resource_changes: changes })));
const lineOf = (text, part) => text.split("\n").find((line) => line.includes(part));

test("the mark comes first, so that the comment is found again", () => {
  assert.ok(drawn().startsWith(`${MARK}\n`));
});

for (const [name, to, words] of [
  ["a promotion", shares([second, 100]), "90% of the traffic moves"],
  ["two other versions", shares([third, 60], ["1724118312836413502", 40]), "100% of the traffic moves"],
  ["one version replaced", shares([first, 90], [third, 10]), "10% of the traffic moves"],
  ["a new order", shares([second, 10], [first, 90]), "no traffic moves"],
]) {
  test(`how much moves: ${name}`, () => assert.match(drawn(change({ after: to })), new RegExp(`production\`: ${words}`)));
}

test("one per cent shows, and so does the one per cent that is left", () => {
  const text = drawn(change({ after: shares([first, 99], [second, 1]) }));
  assert.ok(lineOf(text, first).includes("███████████████████░   99%"));
  assert.ok(lineOf(text, second).includes("█░░░░░░░░░░░░░░░░░░░    1%"));
});

test("a share that is not known follows from the other one", () => {
  const text = drawn(change({ after: { ...before, code_versions: [{ code_version: first, percentage: 70 }, { code_version: second }] }, after_unknown: { code_versions: [{}, { percentage: true }] } }));
  assert.match(text, /20% of the traffic moves/);
  assert.match(lineOf(text, second), /30% {2}\+20/);
});

test("a list that is not known", () => {
  const { code_versions: _, ...rest } = before;
  const text = drawn(change({ after: rest, after_unknown: { code_versions: true } }));
  assert.match(text, /up to 100% of the traffic moves/);
  assert.match(lineOf(text, "(known after apply)"), /\?%/);
});

test("a version that is not known is a new one", () => {
  const next = { ...before, code_versions: [{ code_version: first, percentage: 90 }, { percentage: 10 }] };
  for (const [name, change_, words, line] of [
    ["a canary", { before: shares([first, 100]), after: next, after_unknown: { code_versions: [{}, { code_version: true }], traffic: true } }, "10% of the traffic moves", "░░░░    0%  ██░░░░░░░░░░░░░░░░░░   10%  +10"],
    ["in place of another canary", { before, after: next, after_unknown: { code_versions: [{}, { code_version: true }] } }, "10% of the traffic moves", "   10%  +10"],
    ["alone", { before, after: { ...before, code_versions: [{ percentage: 100 }] }, after_unknown: { code_versions: [{ code_version: true }] } }, "100% of the traffic moves", "  100%  +100"],
    ["a first release", { actions: ["create"], before: null, after: { ...before, code_versions: [{ percentage: 100 }] }, after_unknown: { code_versions: [{ code_version: true }] } }, "first release by this resource", "  100%"],
  ]) {
    const text = drawn(change(change_));
    assert.match(text, new RegExp(`production\`: ${words}`), name);
    assert.ok(lineOf(text, "new version").includes(line), `${name}:\n${text}`);
    assert.doesNotMatch(text, /known after apply/, name);
  }
});

test("the map traffic is taken where the plan has it", () => {
  const to = { ...before, code_versions: [], traffic: { [second]: 50, [first]: 50 } };
  const text = drawn(change({ before: { ...before, traffic: { [first]: 90, [second]: 10 } }, after: to }));
  assert.match(text, /40% of the traffic moves/);
  assert.match(lineOf(text, second), /10% .* 50% {2}\+40$/);
  assert.match(drawn(change({ after: { ...shares([first, 70], [second, 30]), traffic: null } })), /20% of the traffic moves/);
});

test("the map traffic gives no sensitive version away", () => {
  const hide = { code_versions: [{}, { code_version: true }] };
  const text = drawn(change({ before: { ...before, traffic: { [first]: 90, [second]: 10 } }, after: { ...before, traffic: { [first]: 90, [second]: 10 } }, before_sensitive: hide, after_sensitive: hide }));
  assert.ok(!text.includes(second), text);
  assert.match(text, /\(sensitive value\)/);
});

test("a rollout is drawn with its steps, a first release without", () => {
  const rollout = { steps: [{ percentage: 5, bake_time: "3m" }, { percentage: 50, bake_time: null }], bake_time: "5m", on_failure: null };
  const after = { ...before, code_versions: [{ code_version: second, percentage: 100 }], rollout };
  assert.match(drawn(change({ after })), /In steps: 5% for 3m, 50%, then this split for 5m; on failure: roll back\./);
  assert.doesNotMatch(drawn(change({ actions: ["create"], before: null, after })), /In steps/);
});

test("a name that is not known", () => {
  const text = drawn(change({ actions: ["create"], before: null, after: { env: "production", code_versions: before.code_versions }, after_unknown: { name: true } }));
  assert.match(text, /\*\*`\(known after apply\):production`: first release/);
});

test("sensitive values are not shown", () => {
  const to = shares([second, 100]);
  for (const [sensitive, hidden] of [
    [true, ["hello", first, second, "90%"]],
    [{ code_versions: true }, [first, second, "90%"]],
    [{ code_versions: [{ percentage: true }, {}] }, ["90%", "10%"]],
    [{ name: true }, ["hello"]],
  ]) {
    const text = drawn(change({ after: to, before_sensitive: sensitive, after_sensitive: sensitive === true || sensitive.code_versions === true ? sensitive : { name: sensitive.name } }));
    for (const secret of hidden) assert.ok(!text.includes(secret), `${JSON.stringify(sensitive)} shows ${secret}:\n${text}`);
    assert.ok(text.includes("sensitive value"));
  }
});

test("a replacement in the same environment, as of a tainted resource, is no gap", () => {
  const text = drawn(change({ actions: ["delete", "create"], after: shares([first, 100]) }));
  assert.match(text, /10% of the traffic moves/);
  assert.match(text, /keeps serving meanwhile/);
  assert.doesNotMatch(text, /no longer managed/);
});

test("a new label without a moved block is a takeover, not a loss", () => {
  const text = drawn(change({ actions: ["delete"], after: null }, { address: "esa_routine_code_deployment.old" }), change({ actions: ["create"], before: null }, { address: "esa_routine_code_deployment.new" }));
  assert.match(text, /`esa_routine_code_deployment.new` is created and takes the environment over from `esa_routine_code_deployment.old`/);
  assert.match(text, /no traffic moves/);
  assert.doesNotMatch(text, /no longer managed/);
});

test("a former object that is destroyed leaves the environment as it is", () => {
  assert.match(drawn(change({ actions: ["delete"], after: null }, { deposed: "00000000" })), /has a former object that is destroyed\. ESA withdraws nothing/);
});

test("other resources of ESA are listed, those of other providers are counted", () => {
  const text = drawn(
    change({ actions: ["create"], before: null, after: {} }, { type: "esa_routine", address: "esa_routine.hello" }),
    change({ actions: ["delete"], after: null }, { type: "esa_routine_code_version", address: "esa_routine_code_version.old" }),
    change({ actions: ["update"] }, { type: "alicloud_esa_site", address: "alicloud_esa_site.x" }),
    change({ actions: ["read"] }, { mode: "data" }),
    change({ actions: ["no-op"] }),
  );
  assert.match(text, /No traffic moves/);
  assert.match(text, /- `esa_routine.hello` is created\n- `esa_routine_code_version.old` is destroyed/);
  assert.match(text, /- 1 resource of other providers changes/);
});

test("a plan that leaves things out says so", () => {
  assert.match(draw({ format_version: "1.2", complete: false }), /The plan is not complete/);
});

test("a release of the same split from outside", () => {
  const plan = { format_version: "1.2", resource_changes: [], resource_drift: [change({ before: { ...before, deployment_id: "1" }, after: { ...before, deployment_id: "2" } })] };
  assert.match(draw(plan), /`hello:production`: someone else has released the same split again/);
});

test("names cannot break out of the drawing", () => {
  const name = "a`b``\n# <img src=x> @team [x](y) | \u202e";
  const version = "1```\n</code>";
  const text = drawn(change({ before: { ...before, name, code_versions: [{ code_version: version, percentage: 100 }] }, after: { ...before, name, code_versions: [{ code_version: version, percentage: 100 }] } }, { address: 'module.x["`"].esa_routine_code_deployment.x' }));
  assert.match(text, /\*\*```a`b``\uFFFD# <img src=x> @team \[x\]\(y\) \| \uFFFD:production```: /);
  assert.match(text, /\n````\n[^]*1```\uFFFD<\/code>[^]*\n````\n/);
  assert.match(text, /\n``module\.x\["`"\]\.esa_routine_code_deployment\.x``/);
  assert.equal(text.split("\n").filter((line) => line.startsWith("#")).length, 1);
});

test("a thousand environments fit into one comment, those that move first", () => {
  const changes = Array.from({ length: 1000 }, (_, index) => change({ after: index === 900 ? shares([second, 100]) : before }, { address: `esa_routine_code_deployment.many["${index}"]` }));
  const text = draw({ format_version: "1.2", resource_changes: changes, resource_drift: changes.map((each) => change({ after: shares([third, 100]) }, { address: each.address })) });
  assert.ok(text.length < 65_536, `${text.length} characters`);
  assert.match(text, /### What this plan does[^]*`esa_routine_code_deployment.many\["900"\]`/);
  assert.match(text, /… and \d+ more environments, which the log of the plan shows\./);
});

for (const [name, input, message] of [
  ["nothing", "", /the input is empty.*terraform show -json PLAN/],
  ["text", "Terraform will perform the following actions", /no JSON/],
  ["half a plan", '{"format_version":"1.2","resource_chan', /no JSON/],
  ["the saved plan itself", "PK\u0003\u0004rest", /saved plan itself/],
  ["the log of plan -json", '{"@level":"info"}\n{"@level":"info"}', /log of terraform plan -json/],
  ["other JSON", "[1]", /no format_version/],
  ["null", "null", /no format_version/],
  ["a state", '{"format_version":"1.0","terraform_version":"1.11.4","values":{}}', /a state or something else/],
  ["an old format", '{"format_version":"0.2","resource_changes":[]}', /format_version "0\.2", this script reads version 1/],
  ["a newer format", '{"format_version":"2.0","resource_changes":[]}', /format_version "2\.0"/],
  ["a plan that ended in an error", readFileSync(new URL("errored.json", testdata)), /ended in an error and cannot be applied/],
  ["a deployment without versions", JSON.stringify({ format_version: "1.2", resource_changes: [change({ after: { name: "x", env: "y" } })] }), /esa_routine_code_deployment.x has no list code_versions/],
]) {
  test(`refuses ${name}`, () => {
    const result = run(input);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^traffic-split: /);
    assert.match(result.stderr, message);
    assert.equal(result.status, 1);
  });
}

test("refuses a file that is not there, and two files", () => {
  assert.match(run("", "missing.json").stderr, /ENOENT.*missing\.json/);
  assert.match(run("", "a", "b").stderr, /Want one file/);
  assert.equal(run("", "a", "b").status, 1);
});

test("reads what PowerShell redirects", () => {
  const text = readFileSync(new URL("release.json", testdata), "utf8");
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
  assert.equal(run(utf16).stdout, run(text).stdout);
  assert.equal(run(`\uFEFF${text}`).stdout, run(text).stdout);
});
