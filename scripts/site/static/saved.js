// A saved replay: its messages stand in the page.

import { Record } from "./record.js";
import { Stage } from "./stage.js";

const find = (id) => document.getElementById(id);
const { messages, colours } = JSON.parse(find("recorded").textContent);
const parts = { list: find("lanes"), seen: find("seen"), status: find("status"), again: find("again"), speed: find("speed") };
const record = new Record(messages[0]);
messages.slice(1).forEach((message) => record.hear(message, 0));
const stage = new Stage(parts, colours);
stage.set(record);
stage.conclude();
stage.replaySoon();
