// Keeps the page what the server says: one stream of pictures, one of numbers.

import { Chart, format } from "/chart.js";
import { Layers } from "/layers.js";
import { showMachine } from "/machine.js";
import { showLabels, showPictures } from "/picture.js";

const SILENT_MS = 7000; // the server says something every two seconds
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const SPOKEN_MS = 4000; // a screen reader isn't told more often what is seen
const HISTORY = 240;

const byId = (id) => document.getElementById(id);
const set = (id, text) => {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
};
const NAMES = { inference: "inference", age: "frame_age" };
const chart = (id, name) =>
  new Chart(byId(`${id}-chart`), byId(`${id}-readout`), name, `${NAMES[id]}_ms`, `${NAMES[id]}_max_ms`);

const charts = [chart("inference", "Inference time"), chart("age", "Frame age")];
const layers = new Layers(byId);
let state = null;
let connection = null; // what has to be ended before another begins
let attempts = 0; // to connect or to let go, so that what waited sees that it is late
let pauseMs = FIRST_PAUSE_MS;
let pictures = true; // whether labels come with the pictures, as they should
let spokenMs = 0;
let drawnS = 0;

function showStatus(name, text, trouble = "") {
  byId("status").dataset.state = name;
  set("status-text", text);
  set("trouble", trouble);
  byId("trouble").hidden = !trouble;
  document.body.classList.toggle("stale", Boolean(trouble));
}

function showResult({ top }) {
  showLabels(byId("labels"), top);
  const [best] = top;
  byId("best").hidden = false;
  set("best-label", best.label);
  set("best-score", `${(best.score * 100).toFixed(0)} %`);
  if (performance.now() - spokenMs > SPOKEN_MS) {
    spokenMs = performance.now();
    set("spoken", best.label);
    byId("picture").setAttribute("aria-label", `Live picture: ${best.label}`);
  }
}

function showNumbers() {
  const { result, running, source, machine, trouble } = state;
  set("network", running.network);
  document.title = `${running.network} · armlet`;
  const threads = `${running.threads} ${running.threads === 1 ? "thread" : "threads"}`;
  set("running", [running.precision, running.backend, threads, running.file].join(" · "));
  set("source", source.name);
  set("mode", source.mode || "no picture yet");
  if (result) {
    set("fps", result.fps === null ? "–" : result.fps.toFixed(1));
    set("inference", format(result.inference_ms));
    set("age", format(result.frame_age_ms));
    set("dropped", String(result.dropped));
    set("dropped-share", `of ${result.frame}`);
    if (!pictures) showResult(result);
  }
  if (machine) showMachine(byId("machine"), machine, running);
  if (!trouble) showStatus("live", "Live");
  else if (!source.works) showStatus("away", "Camera away", trouble);
  else showStatus("starting", result ? "No results" : "Starting", trouble);
}

function drawCharts() {
  drawnS = state.now_s;
  for (const one of charts) one.update(state.history, state.now_s);
}

function take(news) {
  const history = state && news.history ? [...state.history, ...news.history].slice(-HISTORY) : null;
  state = { ...state, ...news };
  if (history) state.history = history;
  if (news.history || state.now_s - drawnS >= 1) drawCharts();
  if (news.profile) layers.update(news.profile);
  showNumbers();
}

async function watchPictures(signal) {
  while (!signal.aborted) {
    try {
      await showPictures(byId("picture"), signal, (result) => {
        pictures = true;
        showResult(result);
      });
    } catch {
      if (signal.aborted) return;
      pictures = false;
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}

function connect() {
  disconnect();
  const events = new EventSource("/api/events");
  const ending = new AbortController();
  let watchdog;
  const heard = (use) => (event) => {
    clearTimeout(watchdog);
    watchdog = setTimeout(lost, SILENT_MS);
    pauseMs = FIRST_PAUSE_MS;
    use(JSON.parse(event.data));
  };
  events.addEventListener("state", heard((whole) => {
    state = null;
    take(whole);
    watchPictures(ending.signal);
  }));
  events.addEventListener("news", heard(take));
  events.addEventListener("error", lost);
  watchdog = setTimeout(lost, SILENT_MS);
  connection = () => {
    clearTimeout(watchdog);
    events.close();
    ending.abort();
  };
}

function disconnect() {
  attempts += 1;
  connection?.();
  connection = null;
}

// Say that there is no connection, and why, and try again.
async function lost() {
  disconnect();
  const mine = attempts;
  let why = "The server is gone; trying again";
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(3000) });
    if (answer.status === 401) return location.reload();
    why = "No room: too many watch already; trying again";
  } catch {
    // It is gone.
  }
  if (mine !== attempts) return;
  showStatus("gone", "Reconnecting", why);
  const timer = setTimeout(connect, pauseMs);
  connection = () => clearTimeout(timer);
  pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
}

// A page that nobody sees costs the board nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) disconnect();
  else connect();
});

connect();
