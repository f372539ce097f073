// The picture, and what the model says of this very picture: both come in one part of the stream.

const END = [13, 10, 13, 10]; // of a part's headers

function findEnd(bytes) {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (END.every((value, offset) => bytes[at + offset] === value)) return at;
  }
  return -1;
}

function readHeaders(bytes) {
  const headers = new Map();
  for (const line of new TextDecoder().decode(bytes).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

async function* readParts(reader) {
  let held = new Uint8Array(0);
  const more = async () => {
    const { done, value } = await reader.read();
    if (done) throw new Error("the stream has ended");
    const joined = new Uint8Array(held.length + value.length);
    joined.set(held);
    joined.set(value, held.length);
    held = joined;
  };
  for (;;) {
    let end;
    while ((end = findEnd(held)) < 0) await more();
    const headers = readHeaders(held.subarray(0, end));
    const next = end + END.length + Number(headers.get("content-length"));
    while (held.length < next) await more();
    yield {
      jpeg: held.slice(end + END.length, next),
      result: JSON.parse(headers.get("x-result")),
    };
    held = held.slice(next);
  }
}

// Draw what comes until the signal says stop; the promise fails when the stream does.
export async function showPictures(canvas, signal, shown) {
  const response = await fetch("/stream.mjpg", { signal, cache: "no-store" });
  if (!response.ok) throw new Error(`the stream answers ${response.status}`);
  const context = canvas.getContext("2d");
  for await (const { jpeg, result } of readParts(response.body.getReader())) {
    const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    canvas.dataset.frame = result.frame;
    shown(result);
  }
}

// The labels beside the picture. Rows stay where they are, whatever stands in them.
export function showLabels(list, top) {
  while (list.children.length > top.length) list.lastChild.remove();
  while (list.children.length < top.length) {
    const row = document.createElement("li");
    for (const name of ["name", "score", "bar"]) {
      const cell = document.createElement(name === "bar" ? "div" : "span");
      cell.className = name;
      row.append(cell);
    }
    row.lastChild.append(document.createElement("i"));
    list.append(row);
  }
  top.forEach(({ label, score }, place) => {
    const [name, percent, bar] = list.children[place].children;
    name.textContent = name.title = label;
    percent.textContent = `${(score * 100).toFixed(1)} %`;
    bar.firstChild.style.transform = `scaleX(${score})`;
  });
}
