// The dots of one lane on a canvas. Only those that have changed are drawn again: the page shares the machine with the
// models that it shows, and must not take it from them.

const LARGEST = 36; // CSS pixels from dot to dot; larger ones look like buttons
const TURN = 2 * Math.PI;

export class Dots {
  constructor(canvas, tasks) {
    this.canvas = canvas;
    this.drawn = new Uint8Array(tasks).fill(255);
    this.layOut();
    this.watcher = new ResizeObserver(() => this.layOut());
    this.watcher.observe(canvas);
  }

  /** Fit all dots into the canvas as large as they can be. */
  layOut() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    const dense = window.devicePixelRatio || 1;
    const size = largest(this.drawn.length, width, height);
    this.step = size * dense;
    this.columns = Math.max(1, Math.floor(width / size));
    this.canvas.width = Math.round(width * dense);
    this.canvas.height = Math.round(height * dense);
    this.pen = this.canvas.getContext("2d");
    const style = getComputedStyle(this.canvas);
    this.colours = { model: style.getPropertyValue("--colour"), soft: style.getPropertyValue("--faint"), ink: style.color };
    const states = this.drawn.slice();
    this.drawn.fill(255);
    this.draw(states);
  }

  /** Draw the tasks whose state is another than the one that is shown. */
  draw(states) {
    if (!this.pen) return;
    for (let task = 0; task < states.length; task += 1) {
      if (states[task] !== this.drawn[task]) this.dot(task, states[task]);
    }
    this.drawn.set(states);
  }

  dot(task, state) {
    const { pen, step } = this;
    const left = (task % this.columns) * step;
    const top = Math.floor(task / this.columns) * step;
    pen.clearRect(left, top, step, step);
    if (state === 255) return;
    const [x, y] = [left + step / 2, top + step / 2];
    pen.beginPath();
    if (state === 0) this.disc(x, y, step * 0.13, this.colours.soft);
    if (state === 1) this.ring(x, y, step * 0.33, this.colours.model);
    if (state === 2) this.square(x, y, step * 0.34, this.colours.ink);
    if (state === 3) this.disc(x, y, step * 0.41, this.colours.model);
  }

  disc(x, y, radius, colour) {
    this.pen.fillStyle = colour;
    this.pen.arc(x, y, radius, 0, TURN);
    this.pen.fill();
  }

  ring(x, y, radius, colour) {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = this.step * 0.13;
    this.pen.arc(x, y, radius, 0, TURN);
    this.pen.stroke();
  }

  square(x, y, half, colour) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(x - half, y - half, 2 * half, 2 * half);
  }

  close() {
    this.watcher.disconnect();
  }
}

function largest(tasks, width, height) {
  for (let size = LARGEST; size > 2; size -= 0.25) {
    if (Math.floor(width / size) * Math.floor(height / size) >= tasks) return size;
  }
  return 2;
}
