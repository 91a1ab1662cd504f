// The lanes as elements: a name, dots, a bar that grows with the time and shows the ideal time, the time, what it means.

import { Dots } from "./dots.js";

export class Lanes {
  constructor(list, colours) {
    Object.assign(this, { list, colours, views: [] });
  }

  /** Make a lane for each model of a race. */
  begin(record) {
    this.views.forEach((view) => view.dots.close());
    this.list.replaceChildren();
    this.views = record.lanes.map((lane) => this.view(lane, record));
  }

  view(lane, record) {
    const item = element("li", "lane");
    item.style.setProperty("--colour", this.colours[lane.model] ?? "currentcolor");
    const name = element("h2", "name", lane.model);
    const places = lane.model === "sequential" ? 1 : lane.places;
    const reach = element("small", "");
    name.append(element("small", "", `concurrency ${Math.min(places, record.request.tasks)}`), reach);
    const track = element("div", "track");
    const canvas = element("canvas", "");
    canvas.setAttribute("role", "img");
    const bar = element("div", "bar");
    const [took, ideal] = [element("i", "took"), element("b", "ideal")];
    bar.append(took, ideal);
    track.append(canvas, bar);
    const time = element("p", "time");
    const [clock, words] = [element("strong", "", "–"), element("span", "", "")];
    time.append(clock, words);
    item.append(name, track, time);
    this.list.append(item);
    return { item, canvas, took, ideal, clock, words, reach, dots: new Dots(canvas, record.request.tasks) };
  }

  /** Show a race as it is, or as a replay of it is, at this moment. */
  draw(record, now, replay) {
    const scale = record.scale(now);
    record.lanes.forEach((lane, number) => {
      const view = this.views[number];
      const passed = replay ? Math.min(replay.seconds(now), lane.seconds) : record.seconds(lane, now);
      view.dots.draw(replay ? replay.states(number, now) : lane.states);
      view.took.style.transform = `scaleX(${Math.min(1, passed / scale)})`;
      view.ideal.style.left = `${Math.min(100, (100 * record.ideal_s) / scale)}%`;
      view.ideal.hidden = !record.ideal_s;
      const under = replay ? passed < lane.seconds : lane.state === "running";
      write(view.clock, under ? `${passed.toFixed(2)} s` : clockText(lane));
      write(view.words, under ? "" : laneWords(lane, record));
      write(view.reach, under || lane.state !== "done" ? "" : `efficiency ${efficiency(lane, record)}`);
      view.item.dataset.state = under ? "running" : lane.state;
    });
  }

  /** The text of each lane's picture. */
  describe(record) {
    record.lanes.forEach((lane, number) => {
      this.views[number].canvas.setAttribute("aria-label", `${lane.model}, ${record.request.tasks} tasks: ${pictured(lane, record)}`);
    });
  }
}

export function element(name, kind, text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

/** Change a text only when it is another: the screen is painted less, and nothing is read aloud twice. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function clockText(lane) {
  if (lane.state === "done") return secondsText(lane.seconds);
  return lane.state === "failed" ? "no result" : "–";
}

function laneWords(lane, record) {
  if (lane.state === "failed") return lane.reason;
  if (lane.state === "ready") return "gets ready";
  if (lane.state === "waiting") return record.begun ? (record.ended ? "did not run" : "waits its turn") : "";
  return lane.words;
}

function pictured(lane, record) {
  if (lane.state === "done") return `all finished in ${secondsText(lane.seconds)}, ${lane.words || "alone"}, efficiency ${efficiency(lane, record)}`;
  return { waiting: "not begun", ready: "gets ready", running: "in progress", failed: `not a result: ${lane.reason}` }[lane.state];
}

export function efficiency(lane, record) {
  return `${Math.round((100 * record.ideal_s) / lane.seconds)} %`;
}

export function secondsText(seconds) {
  return seconds < 10 ? `${seconds.toFixed(3)} s` : `${seconds.toFixed(1)} s`;
}
