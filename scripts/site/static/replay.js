// The recorded marks of a race again, all lanes from one start: the only way to see side by side what ran apart.

import { advance } from "./record.js";

export class Replay {
  /** `lasts_s` is how long the slowest lane shall last; 0 for as long as it took. */
  constructor(record, lasts_s, now) {
    this.record = record;
    this.start = now;
    this.lanes = record.lanes.map((lane) => ({ next: 0, states: new Uint8Array(lane.states.length) }));
    this.end_s = Math.max(0.001, ...record.results.map((lane) => lane.seconds));
    this.slower = lasts_s ? lasts_s / this.end_s : 1;
  }

  /** How much slower or faster than it was, in words. */
  get speed() {
    const [factor, word] = this.slower >= 1 ? [this.slower, "slower"] : [1 / this.slower, "faster"];
    return factor < 1.05 ? "at the speed at which it ran" : `${factor < 10 ? factor.toFixed(1) : Math.round(factor)}× ${word} than it ran`;
  }

  /** Seconds of the race that have passed. */
  seconds(now) {
    return Math.max(0, (now - this.start) / 1000 / this.slower);
  }

  over(now) {
    return this.seconds(now) >= this.end_s;
  }

  /** The states of a lane's tasks at this moment. */
  states(number, now) {
    const lane = this.lanes[number];
    const { marks } = this.record.lanes[number];
    const us = this.seconds(now) * 1e6;
    for (; lane.next < marks.length && marks[lane.next].us <= us; lane.next += 1) {
      advance(lane.states, marks[lane.next].task, marks[lane.next].state);
    }
    return lane.states;
  }
}
