#!/usr/bin/env node
// Draws what a Terraform or OpenTofu plan does to the traffic of ESA edge routines, as Markdown for a pull request:
//
//   terraform show -json plan | node traffic-split.mjs
//   node traffic-split.mjs plan.json
//
// What is no finished plan is refused with exit code 1, so that a pipeline never shows half of one. It needs Node 18 or
// later and nothing else.

import { readFileSync, realpathSync } from "node:fs";
import { pathToFileURL } from "node:url";

// The first line of the drawing, by which a pipeline finds the comment that it made before.
export const MARK = "<!-- esa traffic split -->";

const DEPLOYMENT = "esa_routine_code_deployment";
const BAR_WIDTH = 20;
const LONGEST = 60_000; // characters; GitHub refuses a comment of more than 65,536
const UNKNOWN = "(known after apply)";
const NEW = "new version";
const SENSITIVE = "(sensitive value)";

/** Reads the output of "terraform show -json PLAN" and throws an Error that says what to do where it is something else. */
export function readPlan(bytes) {
  const text = decode(bytes).trim();
  const remedy = "Want the output of: terraform show -json PLAN, where PLAN was written by: terraform plan -out=PLAN";
  if (text === "") throw new Error(`There is no plan, the input is empty. ${remedy}`);
  if (text.startsWith("PK")) throw new Error(`This is a saved plan itself, not its JSON. ${remedy}`);
  let plan;
  try {
    plan = JSON.parse(text);
  } catch (error) {
    if (text.startsWith('{"@level"')) throw new Error(`This is the log of terraform plan -json, not a plan. ${remedy}`);
    throw new Error(`This is no JSON (${error.message}). ${remedy}`);
  }
  const version = plan?.format_version;
  if (typeof version !== "string") throw new Error(`This JSON is no plan: it has no format_version. ${remedy}`);
  if (!/^1\./.test(version)) {
    throw new Error(`The plan has format_version ${JSON.stringify(version)}, this script reads version 1, which Terraform 1.1 and later write. Use another Terraform, or a newer traffic-split.mjs.`);
  }
  if (plan.errored) throw new Error("The plan ended in an error and cannot be applied. Read the log of terraform plan, mend what it names and plan again.");
  const parts = ["resource_changes", "resource_drift", "planned_values", "configuration"];
  if (!parts.some((part) => part in plan)) throw new Error(`This JSON is a state or something else, not a plan. ${remedy}`);
  return plan;
}

// decode takes UTF-8 and, as PowerShell's redirection writes it, UTF-16.
function decode(bytes) {
  if (typeof bytes === "string") return bytes;
  return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8").decode(bytes);
}

/** Draws a plan as Markdown. */
export function draw(plan) {
  const changes = (plan.resource_changes ?? []).filter((change) => change.mode === "managed");
  const sections = deploymentSections(changes.filter((change) => change.type === DEPLOYMENT));
  const drift = driftBlocks(plan, changes);
  const others = otherLines(changes);

  const head = [MARK, "## Traffic split", ""];
  if (plan.complete === false) head.push("The plan is not complete: it was made with `-target`, or parts of it are deferred. More changes may follow.", "");
  if (drift.length > 0) {
    head.push("### Changed outside of Terraform", "", ...fit(drift, LONGEST / 4, "more environment"), "### What this plan does", "");
  }
  if (sections.length !== 1) head.push(summary(sections), "");
  const tail = others.length > 0 ? ["### Also in this plan", "", ...fit(others, LONGEST / 4, "more resource")] : [];

  // What moves most comes first, so that it is seen where not everything fits.
  const texts = sections.sort((a, b) => b.moved.weight - a.moved.weight).map((section) => section.text);
  const room = LONGEST - head.join("\n").length - tail.join("\n").length;
  return [...head, ...fit(texts, room, "more environment"), ...tail].join("\n").trimEnd() + "\n";
}

// fit keeps as many blocks as there is room for, and says how many it has left out.
function fit(blocks, room, noun) {
  const kept = [];
  for (const [index, block] of blocks.entries()) {
    room -= block.length + 1;
    if (room < 0) {
      kept.push("", `… and ${count(blocks.length - index, noun)}, which the log of the plan shows.`, "");
      break;
    }
    kept.push(block);
  }
  return kept;
}

function summary(sections) {
  if (sections.length === 0) return "**No traffic moves**: the plan changes no deployment.";
  const first = sections.filter((section) => section.moved.first).length;
  const moving = sections.filter((section) => section.moved.weight > 0).length - first;
  const parts = [moving === 0 ? "No traffic moves" : `Traffic moves in ${count(moving, "environment")}`];
  if (first > 0) parts.push(count(first, "first release"));
  return `**${parts.join("; ")}.**`;
}

// deploymentSections draws each environment whose deployment the plan changes, imports or gives up.
function deploymentSections(changes) {
  const givenUp = new Map(); // environments that a resource of this plan leaves, to see who takes one over
  for (const change of changes) {
    if (leaves(change)) givenUp.set(environment(before(change)).key, change);
  }
  const sections = [];
  const takenOver = new Set();
  for (const change of changes) {
    if (sets(change)) {
      const predecessor = change.change.before === null || leaves(change) ? givenUp.get(environment(after(change)).key) : undefined;
      if (predecessor) takenOver.add(predecessor);
      sections.push(setSection(change, predecessor));
    }
  }
  for (const change of changes) {
    if (leaves(change) && !takenOver.has(change)) sections.push(leaveSection(change));
  }
  return sections;
}

const does = (change, action) => change.change.actions.includes(action);

// leaves: the environment of before goes out of Terraform's hands.
function leaves(change) {
  if (change.deposed) return true;
  if (!does(change, "delete") && !does(change, "forget")) return false;
  return !does(change, "create") || environment(before(change)).key !== environment(after(change)).key;
}

// sets: the environment of after gets a split, or comes into Terraform's hands.
function sets(change) {
  return !change.deposed && (does(change, "create") || does(change, "update") || (does(change, "no-op") && Boolean(change.change.importing)));
}

function setSection(change, predecessor) {
  const to = after(change);
  const place = environment(to);
  const replaced = does(change, "create") && change.change.before !== null;
  const from = predecessor ? before(predecessor) : replaced && leaves(change) ? null : before(change);
  const address = code(change.address);
  const moved = from ? movement(from, to) : { weight: 100, first: true, words: "first release by this resource" };
  const released = moved.weight > 0;
  let sentence;
  if (predecessor) {
    sentence = `${address} ${replaced ? "is replaced" : "is created"} and takes the environment over from ${code(predecessor.address)}.`;
  } else if (!from && to.value.allow_overwrite === true) {
    moved.words = "first release by this resource, over whatever is live";
    sentence = `${address} ${replaced ? "is replaced" : "is created"} with \`allow_overwrite\`: the environment may serve something else now, which a warning in the log of the plan shows.`;
  } else if (!from) {
    sentence = `${address} ${replaced ? "is replaced" : "is created"}: the environment serves nothing yet, or this very split, or else the apply stops.`;
  } else if (replaced) {
    sentence = `${address} is replaced in the same environment, which keeps serving meanwhile.`;
  } else if (does(change, "update")) {
    sentence = `${address} is ${change.change.importing ? "imported and " : ""}updated in place${released ? "." : ", without a release: only its order or other settings change."}`;
  } else {
    sentence = `${address} is imported as it is.`;
  }
  if (change.previous_address) sentence += ` It was ${code(change.previous_address)}.`;
  if (from && released) sentence += rolloutWords(to);
  return section(place.text, moved, from ? table(from, to) : table(null, to), sentence);
}

// rolloutWords says in which steps a rollout gets to the split, as far as the plan knows them.
function rolloutWords(to) {
  const rollout = to.hidden("rollout") || to.unknown.rollout === true ? null : to.value.rollout;
  if (!rollout?.steps?.length) return "";
  const bake = (time) => (time ? ` for ${printable(time)}` : "");
  const steps = rollout.steps.map((step) => `${step.percentage ?? "?"}%${bake(step.bake_time)}`).join(", ");
  const way = rollout.on_failure === "hold" ? "hold" : "roll back";
  return ` In steps: ${steps}, then this split${bake(rollout.bake_time)}; on failure: ${way}. A way back to an older version has no steps.`;
}

function leaveSection(change) {
  const from = before(change);
  const verb = change.deposed ? "has a former object that is destroyed" : does(change, "create") ? "is replaced for another environment" : does(change, "forget") ? "is forgotten" : "is destroyed";
  const sentence = `${code(change.address)} ${verb}. ESA withdraws nothing: the environment keeps serving this split, and Terraform no longer looks after it.`;
  return section(environment(from).text, { weight: 0, words: "keeps serving, no longer managed" }, table(from, null), sentence);
}

function section(place, moved, drawing, sentence) {
  return { place, moved, text: [`**${place}: ${moved.words}**`, "", ...drawing, "", sentence, ""].join("\n") };
}

// driftBlocks tells what someone else has changed since the last apply.
function driftBlocks(plan, changes) {
  const blocks = [];
  for (const drift of plan.resource_drift ?? []) {
    if (drift.mode !== "managed" || drift.type !== DEPLOYMENT || drift.deposed) continue;
    const from = before(drift);
    const to = after(drift);
    const place = environment(from).text;
    const address = code(drift.address);
    if (!to) {
      blocks.push([`**${place}: not served any more**`, "", ...table(from, null, "last applied"), "", `The routine of ${address}, or its deployment, is gone.`, ""].join("\n"));
      continue;
    }
    const moved = movement(from, to);
    const planned = changes.find((change) => change.address === drift.address);
    const fate = !planned || verb(planned) === "" ? "The plan leaves that as it is." : "The plan starts from what is live now.";
    if (moved.weight > 0) {
      blocks.push([`**${place}: someone else has released**`, "", ...table(from, to, "last applied", "live now"), "", `${address}: ${moved.words.replace("moves", "has moved")}. ${fate}`, ""].join("\n"));
    } else if (from.value.deployment_id !== to.value.deployment_id) {
      blocks.push([`**${place}: someone else has released the same split again**`, ""].join("\n"));
    }
  }
  return blocks;
}

// otherLines lists what else the plan does, in short.
function otherLines(changes) {
  const lines = [];
  let others = 0;
  for (const change of changes) {
    const words = verb(change);
    if (words === "" || (change.type === DEPLOYMENT && words !== "is moved")) continue;
    if (change.type.startsWith("esa_")) {
      lines.push(`- ${code(change.address)} ${words}${change.previous_address ? `, it was ${code(change.previous_address)}` : ""}`);
    } else {
      others++;
    }
  }
  if (others > 0) lines.unshift(`- ${count(others, "resource")} of other providers ${others === 1 ? "changes" : "change"}, which the log of the plan shows`);
  return lines;
}

function verb(change) {
  if (change.deposed) return "has a former object that is destroyed";
  const removed = does(change, "delete") || does(change, "forget");
  if (does(change, "create")) return removed ? "is replaced" : "is created";
  if (does(change, "update")) return change.change.importing ? "is imported and updated" : "is updated";
  if (does(change, "delete")) return "is destroyed";
  if (does(change, "forget")) return "is forgotten";
  if (change.change.importing) return "is imported";
  return change.previous_address ? "is moved" : "";
}

const before = (change) => side(change, change.change.before, change.change.before_sensitive, {});
const after = (change) => side(change, change.change.after, change.change.after_sensitive, change.change.after_unknown);

// side is one side of a change: its plain values and its split, a list of { version, percentage } where undefined is
// not known. The split is undefined where not even its length is known. It comes from the map traffic where the plan has
// that, which is where every version is known; traffic does not know which versions are sensitive.
function side(change, value, sensitive, unknown) {
  if (value === null || value === undefined) return null;
  const hidden = (name) => sensitive === true || sensitive?.[name] === true;
  const result = { value, sensitive, hidden, unknown: unknown ?? {} };
  const { traffic } = value;
  if (traffic && result.unknown.traffic === undefined && sensitive !== true && !sensitive?.traffic && !someTrue(sensitive?.code_versions)) {
    result.split = Object.entries(traffic).map(([version, percentage]) => ({ version, percentage })).sort((a, b) => b.percentage - a.percentage);
    return result;
  }
  if (result.unknown.code_versions === true) return result;
  if (!Array.isArray(value.code_versions)) throw new Error(`${change.address} has no list code_versions. Use the traffic-split.mjs of the provider's own release.`);
  result.split = value.code_versions.map((element, index) => {
    const secret = sensitive?.code_versions?.[index] ?? {};
    const all = hidden("code_versions") || secret === true;
    return {
      version: element?.code_version ?? undefined,
      percentage: element?.percentage ?? undefined,
      versionHidden: all || secret.code_version === true,
      percentageHidden: all || secret.percentage === true,
    };
  });
  // The shares sum to 100: one that is not known follows from the other one.
  if (result.split.length === 2) {
    const [a, b] = result.split;
    if (a.percentage === undefined && b.percentage !== undefined && !b.percentageHidden) a.percentage = 100 - b.percentage;
    if (b.percentage === undefined && a.percentage !== undefined && !a.percentageHidden) b.percentage = 100 - a.percentage;
    // Where one is not to be seen, neither is what it follows from.
    if (a.percentageHidden || b.percentageHidden) a.percentageHidden = b.percentageHidden = true;
  }
  return result;
}

// someTrue tells whether there is a true anywhere in a part of after_sensitive or after_unknown.
function someTrue(part) {
  return part === true || (part !== null && typeof part === "object" && Object.values(part).some(someTrue));
}

function environment(side) {
  const part = (name) => (side.hidden(name) ? SENSITIVE : side.unknown[name] === true ? UNKNOWN : side.value[name]);
  const known = side.unknown.name !== true && side.unknown.env !== true;
  return { text: code(`${part("name")}:${part("env")}`), key: known ? JSON.stringify([side.value.name, side.value.env]) : Symbol("unknown") };
}

// movement says how much of the traffic another version serves afterwards. Its weight is the most that it can be. A
// version that is not known yet is a new one.
function movement(from, to) {
  if (from.split?.some((share) => share.percentageHidden) || to.split?.some((share) => share.percentageHidden)) {
    return { weight: 100, words: "how much traffic moves is a sensitive value" };
  }
  if (!from.split || !to.split || [...from.split, ...to.split].some((share) => share.percentage === undefined)) {
    return { weight: 100, words: "up to 100% of the traffic moves" };
  }
  const gained = to.split.map((share) => Math.max(0, share.percentage - percentageOf(from, share.version)));
  const moved = gained.reduce((sum, gain) => sum + gain, 0);
  return { weight: moved, words: moved === 0 ? "no traffic moves" : `${moved}% of the traffic moves` };
}

function percentageOf(side, version) {
  return side.split.find((share) => version !== undefined && share.version === version)?.percentage ?? 0;
}

// table draws one or two splits, a line for each version: what is served first, what is new after it.
function table(from, to, fromTitle = "now", toTitle = "after") {
  const rows = [];
  const byShare = [...(from?.split ?? [])].sort((a, b) => (b.percentage ?? 0) - (a.percentage ?? 0));
  for (const share of byShare) {
    rows.push({ from: share, to: to?.split?.find((other) => other.version !== undefined && other.version === share.version) });
  }
  for (const share of to?.split ?? []) {
    if (!rows.some((row) => row.to === share)) rows.push({ to: share });
  }
  if (to && !to.split) rows.push({ to: { all: to.hidden("code_versions") ? SENSITIVE : UNKNOWN } });
  const lines = rows.map((row) => [label(row), ...(from ? [cell(row.from, from)] : []), ...(to ? [cell(row.to, to)] : []), ...(from && to ? [difference(row, from, to)] : [])]);
  lines.unshift(["", ...(from ? [fromTitle] : []), ...(to ? [toTitle] : []), ""]);
  const widths = [];
  for (const line of lines) line.forEach((text, column) => (widths[column] = Math.max(widths[column] ?? 0, [...text].length)));
  const padded = (part, column) => {
    const space = " ".repeat(widths[column] - [...part].length);
    return column === 3 ? space + part : part + space; // differences are numbers
  };
  const text = lines.map((line) => line.map(padded).join("  ").trimEnd());
  const fence = "`".repeat(Math.max(3, longestRun(text.join("\n")) + 1));
  return [fence, ...text, fence];
}

function label({ from, to }) {
  if (to?.all) return to.all;
  if (from?.versionHidden || to?.versionHidden) return SENSITIVE;
  return printable((from ?? to).version ?? NEW);
}

// cell is the bar and the percentage of one share; a version that the side does not serve has none of it.
function cell(share, side) {
  const open = !side.split || (share && (share.percentageHidden || share.percentage === undefined));
  return open ? `${"?".repeat(BAR_WIDTH)}    ?%` : bar(share?.percentage ?? 0);
}

function bar(percentage) {
  let blocks = Math.round((percentage / 100) * BAR_WIDTH);
  if (percentage > 0 && percentage < 100) blocks = Math.min(BAR_WIDTH - 1, Math.max(1, blocks)); // one per cent shows too
  return `${"█".repeat(blocks)}${"░".repeat(BAR_WIDTH - blocks)}  ${String(percentage).padStart(3)}%`;
}

function difference(row, from, to) {
  const [a, b] = [row.from ?? { percentage: 0 }, row.to ?? { percentage: 0 }];
  if (!from.split || !to.split || a.percentageHidden || b.percentageHidden || a.percentage === undefined || b.percentage === undefined) return "";
  const change = b.percentage - a.percentage;
  return change === 0 ? "" : `${change > 0 ? "+" : "-"}${Math.abs(change)}`;
}

// code is text as a code span, in which Markdown, HTML and mentions mean nothing.
function code(text) {
  const clean = printable(text);
  const fence = "`".repeat(longestRun(clean) + 1);
  const space = clean.startsWith("`") || clean.endsWith("`") ? " " : "";
  return fence + space + clean + space + fence;
}

// printable replaces what would break a line, or show it in another order.
function printable(text) {
  return String(text).replace(/[\p{C}\u2028\u2029]/gu, "\uFFFD");
}

function longestRun(text) {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}

const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

// input reads a file or standard input: not with readFileSync, which would not wait for a slow Terraform at the other end.
async function input(file) {
  if (file !== undefined) return readFileSync(file);
  const parts = [];
  for await (const part of process.stdin) parts.push(part);
  return Buffer.concat(parts);
}

async function main(files) {
  try {
    if (files.length > 1) throw new Error("Want one file, or the plan on standard input: terraform show -json PLAN | node traffic-split.mjs");
    if (files.length === 0 && process.stdin.isTTY) throw new Error("Want a plan on standard input: terraform show -json PLAN | node traffic-split.mjs");
    process.stdout.write(draw(readPlan(await input(files[0]))));
  } catch (error) {
    process.stderr.write(`traffic-split: ${error.message}\n`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) await main(process.argv.slice(2));
