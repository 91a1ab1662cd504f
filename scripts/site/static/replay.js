// The recorded marks of a race again, all lanes from one start: the only way to see side by side what ran apart.

import { advance } from "./record.js";

export class Replay {
  constructor(record, slower, now) {
    this.record = record;
    this.slower = slower;
    this.start = now;
    this.lanes = record.lanes.map((lane) => ({ next: 0, states: new Uint8Array(lane.states.length) }));
    this.end_s = Math.max(0, ...record.order.map((lane) => lane.seconds));
  }

  /** Seconds of the race that have passed. */
  seconds(now) {
    return (now - this.start) / 1000 / this.slower;
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
