// One stream: frames in, results out, over a WebSocket where there is one and by POST otherwise.
import { json, send, Problem } from "/page/api.js";

// A page that is left or loaded anew closes its streams. What the browser did not send on leaving is closed by the next load in the same tab. They are
// written down only then: a tab that is duplicated copies what is written, and would close streams that run.
const KEPT = "open-streams";
const left = new Set(JSON.parse(sessionStorage.getItem(KEPT) ?? "[]"));
sessionStorage.removeItem(KEPT);
const open = new Set();
const close = path => fetch(path, { method: "DELETE", keepalive: true }).catch(() => {});

addEventListener("pagehide", () => {
  sessionStorage.setItem(KEPT, JSON.stringify([...left, ...open]));
  open.forEach(close);
});

export class Stream {
  static async open(terms) {
    await Promise.all([...left].map(close));
    left.clear();
    const opened = await json("/api/v1/streams", {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(terms),
    });
    const stream = new Stream(opened);
    await stream.#connect();
    return stream;
  }

  #path;
  #socket = null;
  #waiting = null;
  #pending = null;

  constructor(opened) {
    this.#path = `/api/v1/streams/${opened.id}`;
    open.add(this.#path);
  }

  /** How frames travel. */
  get transport() {
    return this.#socket ? "WebSocket" : "POST";
  }

  /** Sends a frame and waits for its result: what was found as JSON, and the picture of the flow; null of the first frame. */
  send(frame) {
    return this.#socket ? this.#sendBySocket(frame) : this.#post(frame);
  }

  async close() {
    this.#socket?.close();
    await close(this.#path);
    open.delete(this.#path);
  }

  #connect() {
    return new Promise(resolve => {
      const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.#path}/ws`);
      socket.binaryType = "blob";
      socket.onopen = () => {
        this.#socket = socket;
        resolve();
      };
      socket.onerror = () => resolve();
      socket.onclose = () => {
        this.#socket = null;
        this.#waiting?.reject(new Error("The connection ended."));
        this.#waiting = null;
      };
      socket.onmessage = message => this.#receive(message.data);
    });
  }

  #sendBySocket(frame) {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.send(frame);
    });
  }

  // A result is a text; where it announces bytes, the picture follows as a separate message.
  #receive(data) {
    if (typeof data !== "string") {
      this.#settle({ result: this.#pending, picture: data });
      return;
    }
    const result = JSON.parse(data);
    if (result.problem) {
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting?.reject(new Problem(result.problem, result.problem.status));
    } else if (result.bytes > 0) {
      this.#pending = result;
    } else {
      this.#settle({ result, picture: null });
    }
  }

  #settle(outcome) {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(outcome);
  }

  async #post(frame) {
    const response = await send(`${this.#path}/frames`, {
      method: "POST", headers: { "Content-Type": frame.type }, body: frame,
    });
    if (!response.ok) {
      throw new Problem(await response.json(), response.status);
    }
    if (response.headers.get("Content-Type").startsWith("application/json")) {
      return { result: await response.json(), picture: null };
    }
    const header = name => response.headers.get(`Deq-${name}`);
    return {
      picture: await response.blob(),
      result: {
        index: Number(header("Frame-Index")), warm: header("Warm") === "true", start: header("Start"), coldReason: header("Cold-Reason"),
        residuals: (header("Residuals") ?? "").split(",").filter(Boolean).map(Number), flow: null, scale: Number(header("Scale")),
        solve: { evaluations: Number(header("Evaluations")), converged: header("Converged") === "true" },
      },
    };
  }
}
