// Calls to the server. Everything goes to where the page came from.

/** An answer that says what is wrong. */
export class Problem extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.kind = (problem.type ?? "").split(":").pop();
    this.status = status;
    this.problem = problem;
  }
}

/** As fetch, but with words for a server that is not there. */
export async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (fault) {
    throw fault.name === "AbortError" ? fault : new Error("The server does not answer.");
  }
}

export async function json(path, options) {
  const response = await send(path, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Problem(body, response.status);
  }
  return body;
}

export const listModels = async () => (await json("/api/v1/models")).models;

/** Classifies a picture; tells each iterate, then gives the result. */
export const classify = (model, picture, query, onIterate, signal) =>
  watch(`/api/v1/models/${encodeURIComponent(model)}/classify?${new URLSearchParams(query)}`, picture.type, picture, onIterate, signal);

/** Asks with a JSON body; tells each iterate, then gives the result. */
export const ask = (path, body, onIterate, signal) => watch(path, "application/json", JSON.stringify(body), onIterate, signal);

/** Restores the picture of a form; tells each iterate, then gives the result with the picture in it. */
export const restore = (model, form, onIterate, signal) => watch(`/api/v1/models/${encodeURIComponent(model)}/restore`, null, form, onIterate, signal);

/** A solve as events. A form sets its media type itself. */
async function watch(path, mediaType, body, onIterate, signal) {
  const headers = { "Accept": "text/event-stream", ...(mediaType ? { "Content-Type": mediaType } : {}) };
  const response = await send(path, { method: "POST", headers, body, signal });
  if (!response.ok) {
    throw new Problem(await response.json(), response.status);
  }
  for await (const { type, data } of events(response.body)) {
    if (type === "iterate") {
      onIterate(data);
    } else if (type === "result") {
      return data;
    } else {
      throw new Problem(data, data.status);
    }
  }
  throw new Error("The answer ended early.");
}

/** Server-sent events of a body. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      const of = name => lines.filter(line => line.startsWith(`${name}:`)).map(line => line.slice(name.length + 1).trimStart()).join("\n");
      yield { type: of("event"), data: JSON.parse(of("data")) };
    }
  }
}
