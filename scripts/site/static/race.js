// The page: what the visitor asks for goes to the server, what the server tells is shown.

import { Lanes, secondsText } from "./lanes.js";
import { Record } from "./record.js";
import { Replay } from "./replay.js";

const AGAIN_MS = 1000; // before a lost connection is tried again
const still = matchMedia("(prefers-reduced-motion: reduce)");
const frameMs = () => (still.matches ? 500 : 30); // whoever wants no motion sees two pictures a second
const find = (id) => document.getElementById(id);
const [form, start, stop, refusal, status, seen] = ["ask", "start", "stop", "refusal", "status", "seen"].map(find);
const colours = new Map([...form.querySelectorAll("[data-colour]")].map((box) => [box.value, box.dataset.colour]));
const lanes = new Lanes(find("lanes"), find("results").querySelector("tbody"), colours);
const page = { record: null, replay: null, socket: null, mine: false, drawn: 0, due: false };

const SEEN = {
  apart: "A real run: each model does all the tasks alone on this machine, one model after another. A dot is a task.",
  together: "A real run of all models at once: they take the cores from each other, and each takes longer than alone.",
};

function connect() {
  const visitor = sessionStorage.visitor ?? (sessionStorage.visitor = crypto.randomUUID?.() ?? String(Math.random()));
  page.socket = new WebSocket(`${location.origin.replace("http", "ws")}/live?visitor=${encodeURIComponent(visitor)}`);
  page.socket.onmessage = ({ data }) => hear(JSON.parse(data));
  page.socket.onclose = () => {
    say("The connection is lost; trying again …");
    setTimeout(connect, AGAIN_MS);
  };
}

function hear(message) {
  const handlers = { history: catchUp, race: begin, visitors: count, refused: refuse };
  (handlers[message.kind] ?? follow)(message);
  show();
}

function catchUp({ messages }) {
  if (!messages.length) {
    page.record = null;
    say("Press Start.");
  }
  messages.forEach(hear);
}

function begin(message) {
  page.record = new Record(message);
  page.replay = null;
  lanes.begin(page.record);
  if (page.mine && form.getBoundingClientRect().bottom > innerHeight / 2) seen.scrollIntoView();  // on a phone
  find("results").hidden = false;
  describe();
  refusal.textContent = "";
}

function follow(message) {
  const lane = page.record.hear(message, performance.now());
  if (message.kind === "ready" && !page.record.request.together) say(`${lane.model} gets ready …`);
  if (message.kind === "go") say(page.record.request.together ? "All models run." : `${lane.model} runs.`);
  if (message.kind === "result") say(outcome(lane));
  if (message.kind === "end") end();
  if (message.kind !== "marks") lanes.tabulate(page.record);
}

function outcome(lane) {
  return lane.reason ? `${lane.model} is not a result: ${lane.reason}.` : `${lane.model} took ${secondsText(lane.seconds)}.`;
}

function end() {
  const { order, reason } = page.record;
  const told = order.map((lane) => `${lane.model} ${secondsText(lane.seconds)}`).join(", ");
  if (reason === "stopped") say(`The race was stopped. ${told}`);
  else if (reason) say(`The race ended early: ${reason}`);
  else say(order.length ? `Finished: ${told}.` : "No model gave a result.");
}

function count({ count: visitors, mine }) {
  page.mine = mine;
  find("visitors").textContent = visitors > 1 ? `${visitors} are watching this page.` : "";
}

function refuse({ sentence }) {
  refusal.textContent = sentence;
}

function say(text) {
  status.textContent = text;
}

function describe() {
  const { replay, record } = page;
  const speed = replay && replay.slower > 1 ? `${replay.slower} times slower` : "in real time";
  const kind = record?.request.together ? "together" : "apart";
  seen.textContent = replay ? `A replay, ${speed}: what was just recorded of these runs, all lanes from one start.` : SEEN[kind];
  seen.classList.toggle("replaying", Boolean(replay));
}

/** Bring buttons up to date, and draw soon. */
function show() {
  const under = Boolean(page.record) && !page.record.ended;
  const held = document.activeElement;
  stop.hidden = !(under && page.mine);
  start.hidden = !stop.hidden;
  start.textContent = page.record ? "Start again" : "Start";
  const ready = Boolean(page.record?.ended && page.record.order.length);
  find("replay").hidden = !ready;
  find("again").textContent = page.replay ? "End the replay" : "Replay side by side";
  if (held === start && start.hidden) stop.focus({ preventScroll: true });
  if (held === stop && stop.hidden) (ready ? find("again") : start).focus({ preventScroll: true });
  draw();
}

function draw() {
  if (page.due || !page.record) return;
  page.due = true;
  requestAnimationFrame(paint);
}

function paint(now) {
  page.due = false;
  if (!page.record) return;
  if (page.replay?.over(now)) {
    page.replay = null;
    describe();
    show();
  }
  const moving = page.replay || page.record.running;
  if (!moving || now - page.drawn >= frameMs()) {
    lanes.draw(page.record, now, page.replay);
    page.drawn = now;
  }
  if (moving) draw();
}

function send(message) {
  if (page.socket.readyState === WebSocket.OPEN) page.socket.send(JSON.stringify(message));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const numbers = Object.fromEntries([...form.querySelectorAll("[type=number]")].map((box) => [box.name, box.value]));
  send({ do: "start", ...numbers, models: given.getAll("models"), together: given.get("together") === "yes" });
});

stop.addEventListener("click", () => send({ do: "stop" }));

find("again").addEventListener("click", () => {
  page.replay = page.replay ? null : new Replay(page.record, Number(find("speed").value), performance.now());
  describe();
  show();
});

form.querySelectorAll("[data-numbers]").forEach((button) => {
  button.addEventListener("click", () => {
    Object.entries(JSON.parse(button.dataset.numbers)).forEach(([name, value]) => { form.elements[name].value = value; });
  });
});

form.querySelectorAll("[data-colour]").forEach((box) => box.parentElement.style.setProperty("--colour", box.dataset.colour));

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  lanes.views.forEach((view) => view.dots.layOut());
});

describe();
connect();
