// What has been told of one race. The server tells it in messages; a page that comes late is told all of them again.

const QUEUED = 0; // a task's state is the kind of its last mark, and one
const MARK = 3; // task, kind, microseconds

export class Record {
  constructor({ request, lanes }) {
    Object.assign(this, { request, begun: true, ended: false, reason: "", headline: "", ideal_s: 0 });
    this.lanes = lanes.map((lane) => ({ ...lane, ...fresh(request.tasks) }));
  }

  /** A race that has not been asked for yet: its lanes, with every task in the queue. */
  static preview(request, models) {
    const record = new Record({ request, lanes: models.map(([model, most]) => ({ model, places: Math.min(most, request.concurrency) })) });
    return Object.assign(record, { begun: false, ended: true });
  }

  /** Take a message in; the lane that it is about, if it is about one. */
  hear(message, now) {
    const lane = this.lanes[message.lane];
    if (message.kind === "ready") lane.state = "ready";
    if (message.kind === "go") Object.assign(lane, { state: "running", told_us: 0, heard: now });
    if (message.kind === "marks") this.mark(lane, message, now);
    if (message.kind === "result") this.conclude(lane, message);
    if (message.kind === "ideal") this.ideal_s = message.ideal_s;
    if (message.kind === "standings") this.lanes.forEach((one, number) => { one.words = message.words[number]; });
    if (message.kind === "end") Object.assign(this, { ended: true, reason: message.reason, headline: message.headline });
    return lane;
  }

  mark(lane, { now_us, marks }, now) {
    for (let at = 0; at < marks.length; at += MARK) {
      const [task, kind, us] = marks.slice(at, at + MARK);
      lane.marks.push({ task, state: kind + 1, us });
      advance(lane.states, task, kind + 1);
    }
    Object.assign(lane, { told_us: now_us, heard: now });
  }

  conclude(lane, { seconds, requests, peak, reason }) {
    Object.assign(lane, { seconds, requests, peak, reason, state: reason ? "failed" : "done" });
    lane.marks.sort((one, other) => one.us - other.us);
  }

  /** Seconds that a lane has taken so far. */
  seconds(lane, now) {
    if (lane.state !== "running") return lane.seconds;
    return Math.max(0, lane.told_us / 1e6 + (now - lane.heard) / 1000);
  }

  /** The lanes that are results. */
  get results() {
    return this.lanes.filter((lane) => lane.state === "done");
  }

  /** Whether it can be shown again: a race that has ended and has something to compare. */
  get replayable() {
    return this.ended && this.results.length > 0;
  }

  /** What the whole width of a bar stands for. */
  scale(now) {
    const open = this.ended ? [] : this.lanes.map((lane) => lane.expected_s);
    return Math.max(0.001, ...open, ...this.lanes.map((lane) => this.seconds(lane, now)));
  }

  get running() {
    return this.lanes.some((lane) => lane.state === "running");
  }
}

function fresh(tasks) {
  const nothing = { seconds: 0, requests: 0, peak: 0, reason: "", words: "", told_us: 0, heard: 0 };
  return { state: "waiting", marks: [], states: new Uint8Array(tasks).fill(QUEUED), ...nothing };
}

/** A task goes on; marks of one task may arrive in another order than they were made. */
export function advance(states, task, state) {
  states[task] = Math.max(states[task], state);
}
