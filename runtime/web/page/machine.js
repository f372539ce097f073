// How the machine does: heat, clock, throttling; and plainly what it doesn't tell.

const UNTOLD = "this machine doesn't tell";

function clocks(clusters) {
  const told = clusters.filter((one) => one.mhz !== null);
  if (!told.length) return null;
  const words = (one) =>
    one.max_mhz === null
      ? `${one.mhz.toFixed(0)} MHz`
      : `${one.mhz.toFixed(0)} of ${one.max_mhz.toFixed(0)} MHz`;
  const each = [...new Set(told.map(words))];
  if (each.length <= 4) return each.join(", ");
  const all = told.map((one) => one.mhz);
  return `${Math.min(...all).toFixed(0)} to ${Math.max(...all).toFixed(0)} MHz`;
}

function throttling(told) {
  if (!told) return [null, ""];
  if (told.now.length) return [`now: ${told.now.join(", ")}`, "bad"];
  if (told.since_boot.length) return [`not now; since boot: ${told.since_boot.join(", ")}`, ""];
  return ["none since boot", ""];
}

export function showMachine(list, machine, running) {
  const rows = [
    ["Temperature", machine.celsius === null ? null : `${machine.celsius.toFixed(1)} °C`, ""],
    ["Clock", clocks(machine.clusters), ""],
    ["Throttling", ...throttling(machine.throttled)],
    ["Governor", machine.governor, ""],
    ["Load", machine.load === null ? null : machine.load.toFixed(2), ""],
    ["Cores", machine.cores === null ? null : String(machine.cores), ""],
    ["Threads of the runtime", String(running.threads), ""],
  ];
  while (list.children.length < rows.length) {
    const row = document.createElement("div");
    row.append(document.createElement("dt"), document.createElement("dd"));
    list.append(row);
  }
  rows.forEach(([name, value, kind], place) => {
    const [term, told] = list.children[place].children;
    term.textContent = name;
    told.textContent = value ?? UNTOLD;
    told.className = value === null ? "untold" : kind;
  });
}
