// The stage: a race, or a replay of it, painted on its lanes; the same on the page and in a saved replay.

import { Lanes, write } from "./lanes.js";
import { Replay } from "./replay.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");
const frameMs = () => (still.matches ? 500 : 30); // whoever wants no motion sees two pictures a second
const BEFORE_REPLAY_MS = 1500; // the last lane's time is read before the lanes start again

export class Stage {
  /** `parts`: the elements list, seen, status, again, speed; `changed` is called when a replay begins or ends. */
  constructor(parts, colours, changed = () => {}) {
    Object.assign(this, { ...parts, changed, record: null, replay: null, drawn: 0, due: false, coming: 0 });
    this.lanes = new Lanes(this.list, colours);
    this.again.addEventListener("click", () => (this.replay ? this.stopReplay() : this.startReplay()));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.lanes.views.forEach((view) => view.dots.layOut()));
  }

  /** Put another race on the stage: nothing of the one before is left. */
  set(record) {
    clearTimeout(this.coming);
    Object.assign(this, { record, replay: null });
    this.lanes.begin(record);
    this.refresh();
  }

  /** Show what is new. */
  refresh() {
    this.lanes.describe(this.record);
    this.describe();
    this.draw();
  }

  describe() {
    const { record, replay, seen } = this;
    const kind = replay ? "replay" : record.begun ? (record.ended ? "ended" : "running") : "idle";
    document.body.dataset.race = kind;
    seen.classList.toggle("replaying", Boolean(replay));
    write(seen, SEEN[replay ? "replay" : record.request.together ? "together" : "apart"]);
    write(this.again, replay ? "End the replay" : "Replay side by side");
    this.changed();
  }

  say(text) {
    write(this.status, text);
  }

  /** The last word on a race that has ended. */
  conclude() {
    const { reason, headline, results } = this.record;
    if (reason === "stopped") this.say(`The race was stopped. ${headline}`);
    else if (reason) this.say(`The race ended early: ${reason}`);
    else this.say(results.length ? headline : "No model gave a result.");
  }

  /** Start the replay by itself: for a speaker, and for nobody who wants no motion. */
  replaySoon() {
    if (this.record.results.length > 1 && !this.record.request.together && !still.matches) {
      this.coming = setTimeout(() => this.startReplay(), BEFORE_REPLAY_MS);
    }
  }

  startReplay() {
    clearTimeout(this.coming);
    this.replay = new Replay(this.record, Number(this.speed.value), performance.now());
    this.say(`Side by side, ${this.replay.speed}.`);
    this.refresh();
  }

  stopReplay() {
    this.replay = null;
    this.conclude();
    this.refresh();
  }

  draw() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame((now) => this.paint(now));
  }

  paint(now) {
    this.due = false;
    if (this.replay?.over(now)) this.stopReplay();
    const moving = this.replay || this.record.running;
    if (!moving || now - this.drawn >= frameMs()) {
      this.lanes.draw(this.record, now, this.replay);
      this.drawn = now;
    }
    if (moving) this.draw();
  }
}

const SEEN = {
  apart: "One real run of each model, in turn, each alone on this machine: a picture, not a measurement.",
  together: "One real run of all models at once: they take the cores from each other. A picture, not a measurement.",
  replay: "A replay of what was recorded, all lanes from one start: a picture, not a measurement.",
};
