// The lanes as elements: a name, dots, a bar that grows with the time and shows the floor, the time, what it means.

import { Dots } from "./dots.js";

const PLACES = ["1st", "2nd", "3rd"];

export class Lanes {
  constructor(list, results, colours) {
    Object.assign(this, { list, results, colours, views: [] });
  }

  /** Make a lane for each model of a race. */
  begin(record) {
    this.views.forEach((view) => view.dots.close());
    this.list.replaceChildren();
    this.views = record.lanes.map((lane) => this.view(lane, record));
  }

  view(lane, record) {
    const item = element("li", "lane");
    item.style.setProperty("--colour", this.colours.get(lane.model) ?? "currentcolor");
    const name = element("h2", "name", lane.model);
    const places = lane.model === "sequential" ? 1 : lane.places;
    name.append(element("small", "", `${Math.min(places, record.request.tasks)} at once`));
    const track = element("div", "track");
    const canvas = element("canvas", "");
    canvas.setAttribute("role", "img");
    const bar = element("div", "bar");
    const [took, floor] = [element("i", "took"), element("b", "floor")];
    bar.append(took, floor);
    track.append(canvas, bar);
    const time = element("p", "time");
    const [clock, words] = [element("strong", "", "–"), element("span", "", "")];
    time.append(clock, words);
    item.append(name, track, time);
    this.list.append(item);
    return { item, canvas, took, floor, clock, words, dots: new Dots(canvas, record.request.tasks) };
  }

  /** Show a race as it is, or as a replay of it is, at this moment. */
  draw(record, now, replay) {
    const scale = record.scale(now);
    record.lanes.forEach((lane, number) => {
      const view = this.views[number];
      const passed = replay ? Math.min(replay.seconds(now), lane.seconds) : record.seconds(lane, now);
      view.dots.draw(replay ? replay.states(number, now) : lane.states);
      view.took.style.transform = `scaleX(${Math.min(1, passed / scale)})`;
      view.floor.style.left = `${Math.min(100, (100 * lane.floor_s) / scale)}%`;
      view.floor.hidden = !lane.floor_s;
      const under = replay ? passed < lane.seconds : lane.state === "running";
      write(view.clock, under ? `${passed.toFixed(2)} s` : clockText(lane));
      write(view.words, under ? "" : words(lane, record));
      view.item.dataset.state = under ? "running" : lane.state;
    });
  }

  /** The figures as a table, and as the text of each lane's picture. */
  tabulate(record) {
    const rows = record.lanes.map((lane) => {
      const valid = lane.state === "done";
      const row = element("tr", "");
      const head = element("th", "", lane.model);
      head.scope = "row";
      const place = valid && record.ended ? placeOf(lane, record) : "–";
      const figures = valid ? [secondsText(lane.seconds), secondsText(lane.floor_s), percent(lane)] : ["–", "–", "–"];
      const counts = valid ? [lane.peak, `${lane.requests} of ${record.request.tasks}`] : ["–", "–"];
      row.append(head, ...[place, ...figures, ...counts, lane.reason && `not a result: ${lane.reason}`].map((text) => element("td", "", text)));
      return row;
    });
    this.results.replaceChildren(...rows);
    record.lanes.forEach((lane, number) => {
      this.views[number].canvas.setAttribute("aria-label", `${lane.model}, ${record.request.tasks} tasks: ${inWords(lane)}`);
    });
  }
}

function element(name, kind, text = "") {
  const made = document.createElement(name);
  made.className = kind;
  made.textContent = text;
  return made;
}

/** Change a text only when it is another: the screen is painted less, and nothing is read aloud twice. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function clockText(lane) {
  if (lane.state === "done") return secondsText(lane.seconds);
  return { waiting: "–", ready: "–", failed: "no result" }[lane.state] ?? "–";
}

function words(lane, record) {
  if (lane.state === "failed") return lane.reason;
  if (lane.state === "ready") return "gets ready";
  if (lane.state === "waiting") return record.ended ? "did not run" : "waits its turn";
  return [record.ended ? placeOf(lane, record) : "", `${percent(lane)} efficiency`].filter(Boolean).join(" · ");
}

function inWords(lane) {
  if (lane.state === "done") return `all finished in ${secondsText(lane.seconds)}, efficiency ${percent(lane)}`;
  return { waiting: "not begun", ready: "gets ready", running: "under way", failed: `not a result: ${lane.reason}` }[lane.state];
}

function percent(lane) {
  return `${Math.round((100 * lane.floor_s) / lane.seconds)} %`;
}

function placeOf(lane, record) {
  const place = record.order.indexOf(lane);
  return PLACES[place] ?? `${place + 1}th`;
}

export function secondsText(seconds) {
  return seconds < 10 ? `${seconds.toFixed(3)} s` : `${seconds.toFixed(1)} s`;
}
