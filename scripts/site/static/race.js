// The page: what the visitor asks for goes to the server, what the server tells is shown.

import { efficiency, element, secondsText } from "./lanes.js";
import { Record } from "./record.js";
import { Stage } from "./stage.js";

const AGAIN_MS = 1000; // before a lost connection is tried again
const find = (id) => document.getElementById(id);
const [form, start, stop, refusal] = ["ask", "start", "stop", "refusal"].map(find);
const boxes = [...form.querySelectorAll("[name=models]")];
const presets = [...form.querySelectorAll("[data-numbers]")];
const parts = { list: find("lanes"), seen: find("seen"), status: find("status"), again: find("again"), speed: find("speed") };
const page = { socket: null, mine: false, late: false };
const stage = new Stage(parts, Object.fromEntries(boxes.map((box) => [box.value, box.dataset.colour])), show);

function connect() {
  const visitor = sessionStorage.visitor ?? (sessionStorage.visitor = crypto.randomUUID?.() ?? String(Math.random()));
  page.socket = new WebSocket(`${location.origin.replace("http", "ws")}/live?visitor=${encodeURIComponent(visitor)}`);
  page.socket.onmessage = ({ data }) => hear(JSON.parse(data));
  page.socket.onclose = () => {
    stage.say("The connection is lost; trying again …");
    setTimeout(connect, AGAIN_MS);
  };
}

function hear(message) {
  const handlers = { history: catchUp, race: begin, visitors: count, refused: refuse };
  (handlers[message.kind] ?? follow)(message);
}

function catchUp({ messages }) {
  page.late = true;
  if (messages.length) messages.forEach(hear);
  else preview();
  page.late = false;
}

/** The race that the form describes, before it is run. */
function preview() {
  const models = boxes.filter((box) => box.checked).map((box) => [box.value, Number(box.dataset.most)]);
  const { tasks } = form.elements;
  const shown = Math.min(Number(tasks.max), Math.max(1, Math.round(Number(tasks.value)) || 1));
  stage.set(Record.preview({ ...formValues(), tasks: shown }, models));
  const turns = formValues().together ? "all models at once" : "each model alone, in turn; then a replay side by side";
  stage.say(models.length ? `Press Start: ${models.length > 1 ? turns : `${models[0][0]} alone`}.` : "Choose at least one model.");
}

function begin(message) {
  stage.set(new Record(message));
  if (page.mine && form.getBoundingClientRect().bottom > innerHeight / 2) parts.seen.scrollIntoView();  // on a phone
  stage.say("The race begins …");
  refusal.textContent = "";
  tabulate();
}

function follow(message) {
  const { record } = stage;
  const lane = record.hear(message, performance.now());
  if (message.kind === "marks") {
    stage.draw();
    return;
  }
  if (message.kind === "ready" && !record.request.together) stage.say(`${lane.model} gets ready …`);
  if (message.kind === "go") stage.say(record.request.together ? "All models run." : `${lane.model} runs.`);
  if (message.kind === "result") stage.say(lane.reason ? `${lane.model} gave no result: ${lane.reason}.` : `${lane.model} took ${secondsText(lane.seconds)}.`);
  if (message.kind === "end") end();
  tabulate();
  stage.refresh();
}

function end() {
  refusal.textContent = "";
  stage.conclude();
  if (!page.late && !stage.record.reason) stage.replaySoon();
}

function count({ count: visitors, mine }) {
  page.mine = mine;
  find("visitors").textContent = visitors > 1 ? `${visitors} are watching this page.` : "";
  if (stage.record) show();
}

function refuse({ sentence }) {
  refusal.textContent = sentence;
}

/** Bring buttons up to date. */
function show() {
  const { record, replay } = stage;
  const held = document.activeElement;
  stop.hidden = record.ended || !page.mine;
  start.hidden = !stop.hidden;
  start.textContent = record.begun ? "Start again" : "Start";
  find("replay").hidden = !record.replayable;
  find("save").hidden = !record.replayable || Boolean(replay);
  find("results").hidden = !record.begun;
  if (held === start && start.hidden) stop.focus({ preventScroll: true });
  if (held === stop && stop.hidden) (record.replayable ? parts.again : start).focus({ preventScroll: true });
}

/** The figures as a table. */
function tabulate() {
  const { record } = stage;
  const rows = record.lanes.map((lane) => {
    const row = element("tr", "");
    const head = element("th", "", lane.model);
    head.scope = "row";
    const figures = [secondsText(lane.seconds), lane.words, secondsText(record.ideal_s), efficiency(lane, record), lane.peak, `${lane.requests} of ${record.request.tasks}`];
    const texts = lane.state === "done" ? figures : figures.map(() => "–");
    row.append(head, ...[...texts, lane.reason && `not a result: ${lane.reason}`].map((text) => element("td", "", text)));
    return row;
  });
  find("results").querySelector("tbody").replaceChildren(...rows);
}

/** What the form asks for. */
function formValues() {
  const given = new FormData(form);
  const numbers = Object.fromEntries([...form.querySelectorAll("[type=number]")].map((box) => [box.name, box.value]));
  return { ...numbers, models: given.getAll("models"), together: given.get("together") === "yes", blocks_loop: given.get("blocks_loop") === "yes" };
}

/** What the form asks for, in words. */
function plan() {
  const { tasks, delay_ms, concurrency, cpu_percent, blocks_loop } = formValues();
  const computing = Number(cpu_percent) ? `, ${cpu_percent} % of it computing` : "";
  return `${Number(tasks).toLocaleString("en")} tasks of ${delay_ms} ms${computing}${blocks_loop ? ", the loop blocked" : ""}, concurrency ${concurrency}`;
}

/** Another choice: say what it is, and show its lanes unless a race is on them. */
function choose() {
  presets.forEach((button) => button.setAttribute("aria-pressed", String(isChosen(button))));
  find("plan").textContent = plan();
  find("shows").textContent = presets.find(isChosen)?.title ?? "";
  refusal.textContent = "";
  if (stage.record?.ended) preview();
}

function isChosen({ dataset }) {
  const numbers = Object.entries(JSON.parse(dataset.numbers));
  const same = numbers.every(([name, value]) => Number(form.elements[name].value) === value);
  return same && form.elements.blocks_loop.checked === (dataset.blocks === "yes");
}

function send(message) {
  if (page.socket.readyState === WebSocket.OPEN) page.socket.send(JSON.stringify(message));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send({ do: "start", ...formValues() });
});

form.addEventListener("input", choose);

stop.addEventListener("click", () => send({ do: "stop" }));

presets.forEach((button) => button.addEventListener("click", () => {
  Object.entries(JSON.parse(button.dataset.numbers)).forEach(([name, value]) => { form.elements[name].value = value; });
  form.elements.blocks_loop.checked = button.dataset.blocks === "yes";
  choose();
  if (!start.hidden) start.focus({ preventScroll: true });
}));

document.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape") return;
  if (stage.replay) stage.stopReplay();
  else if (!stop.hidden) send({ do: "stop" });
});

boxes.forEach((box) => box.parentElement.style.setProperty("--colour", box.dataset.colour));

choose();
connect();
