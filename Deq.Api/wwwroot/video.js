// The video tab: frames from a drawn scene, a camera or a file go to a warm stream and, to compare, to a cold one.
import { Stream } from "/page/stream.js";
import { cameraSource, fileSource, sceneSource } from "/page/source.js";
import { Readout } from "/page/readout.js";

const by = id => document.getElementById(id);
const sizes = [[160, 120], [240, 180], [320, 240], [480, 360], [640, 480]];
const USUAL_WIDTH = 240;

/** A frame that takes longer gets a clock. */
const PATIENCE_MS = 500;

const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

export class VideoTab {
  #readout = new Readout();
  #run = null;
  #file = null;
  #seed = 1;

  constructor(models) {
    this.models = models;
    for (const model of models) {
      by("video-model").add(new Option(model.name));
    }
    by("video-model").addEventListener("change", () => {
      this.#takeModel();
      this.#restart();
    });
    for (const id of ["size", "video-budget", "compare"]) {
      by(id).addEventListener("change", () => this.#restart());
    }
    by("run").addEventListener("click", () => (this.#run ? this.stop() : this.start()));
    by("cut").addEventListener("click", () => this.cut());
    by("source").addEventListener("change", () => this.#takeSource());
    by("choose-video").addEventListener("click", () => by("video-file").click());
    by("video-file").addEventListener("change", () => {
      this.#takeFile(by("video-file").files[0]);

      // So that the same file can be chosen again.
      by("video-file").value = "";
    });
    this.#listenToDrops(by("video-drop"));
    this.#takeModel();
    this.#showSource();
    by("run").disabled = models.length === 0;
    this.#say(models.length === 0 ? "This server has no model of optical flow." : "Press Start, or drop a video on the pictures.");
  }

  /** Runs until it is stopped, or for so many frames; from frame `cutAt` on with another scene. */
  async start(frames = Infinity, cutAt = Infinity) {
    const run = { stopped: false, warm: null, cold: null, history: { warm: [], cold: [], warmMs: [], coldMs: [], starts: [], isWarm: [] }, first: 1, index: 0, cutAt, frames };
    this.#run = run;
    by("run").textContent = "Stop";
    by("cut").disabled = by("source").value !== "scene";
    this.#readout.clear(...(by("size").value || "240x180").split("x").map(Number));
    let source = null;
    try {
      source = await this.#source();
      if (!run.stopped) {
        await this.#open(run);
      }
      while (!run.stopped && run.index < run.frames && await this.#step(run, source)) {
        // The step has done it all.
      }
      if (!run.stopped) {
        this.#say(run.index === run.frames ? `${plural(run.index, "frame")} done. Press Start for more.` : `The video has ended after ${plural(run.index, "frame")}.`);
      }
    } catch (fault) {
      if (!run.stopped) {
        this.#say(fault.message, true);
      }
    } finally {
      source?.close();
      await Promise.all([run.warm?.close(), run.cold?.close()]);
      if (this.#run === run) {
        this.#end(run);
      }
    }
    return run.history;
  }

  stop() {
    if (this.#run) {
      this.#say(`Stopped after ${plural(this.#run.index, "frame")}.`);
      this.#end(this.#run);
    }
  }

  /** Goes on with another scene. */
  cut() {
    this.#seed += 1;
  }

  #end(run) {
    run.stopped = true;
    this.#run = null;
    by("run").textContent = "Start";
    by("cut").disabled = true;
    by("video-waiting").hidden = true;
  }

  #restart() {
    if (this.#run) {
      this.#end(this.#run);
      this.start();
    }
  }

  async #open(run) {
    const terms = { model: by("video-model").value, output: "image/png", ...(by("video-budget").value && { budget: by("video-budget").value }) };
    run.warm = await Stream.open(terms);
    run.cold = by("compare").checked ? await Stream.open({ ...terms, warm: false }) : null;
    if (!run.stopped) {
      this.#say(`Each frame is sent by ${run.warm.transport} when the last one is solved.`);
    }
  }

  /** One frame; false after the last. */
  async #step(run, source) {
    if (run.index === run.cutAt) {
      this.cut();
    }
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = run.size ??= by("size").value.split("x").map(Number);
    if (!await source.draw(canvas.getContext("2d"), canvas.width, canvas.height, run.index)) {
      return false;
    }
    const frame = await new Promise(resolve => canvas.toBlob(resolve, "image/png"));
    const clock = this.#wait(run);
    try {
      const begun = performance.now();
      const warm = await run.warm.send(frame);
      const between = performance.now();

      // After the other, so that the two do not compete.
      const cold = run.cold ? await run.cold.send(frame) : null;
      run.index += 1;
      if (!run.stopped) {
        by("frame").getContext("2d").drawImage(canvas, 0, 0);
        by("video-waiting").hidden = true;
        await this.#readout.show(run, warm, cold, [between - begun, cold && performance.now() - between]);
      }
    } finally {
      clearInterval(clock);
    }
    return true;
  }

  /** Shows for how long a frame has been solved, once that takes a while. */
  #wait(run) {
    const begun = performance.now();
    return setInterval(() => {
      const spent = performance.now() - begun;
      if (this.#run === run) {
        by("video-waiting").hidden = spent < PATIENCE_MS;
        by("video-waited").textContent = `Solving frame ${run.index + 1}: ${(spent / 1000).toFixed(1)} s`;
      }
    }, 100);
  }

  #source() {
    if (by("source").value === "scene") {
      return sceneSource(() => this.#seed);
    }
    if (by("source").value === "camera") {
      return cameraSource(by("frame").width, by("frame").height);
    }
    if (this.#file) {
      return fileSource(this.#file);
    }
    throw new Error("Choose a video first.");
  }

  #showSource() {
    by("choose-video").hidden = by("source").value !== "file";
  }

  #takeSource() {
    this.#showSource();
    if (by("source").value === "file" && !this.#file) {
      this.stop();
      by("video-file").click();
    } else {
      this.#restart();
    }
  }

  #takeFile(file) {
    if (file) {
      this.#file = file;
      by("source").value = "file";
      this.#showSource();
      if (this.#run) {
        this.#end(this.#run);
      }
      this.start();
    }
  }

  #listenToDrops(place) {
    place.addEventListener("dragover", event => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", event => {
      event.preventDefault();
      place.classList.remove("over");
      this.#takeFile(event.dataTransfer.files[0]);
    });
  }

  /** Offers the model's budgets, and the sizes that it takes. */
  #takeModel() {
    const model = this.models.find(each => each.name === by("video-model").value);
    by("video-budget").replaceChildren(new Option("the model's own", ""), ...(model?.budgets ?? []).map(budget => new Option(budget.name)));
    const { multiple = 1, mostPixels = Infinity } = model?.input.sizes ?? {};
    const padded = side => Math.ceil(side / multiple) * multiple;
    const taken = sizes.filter(([width, height]) => padded(width) * padded(height) <= mostPixels);
    const usual = taken.findLast(([width]) => width <= USUAL_WIDTH);
    by("size").replaceChildren(...taken.map(size => new Option(`${size[0]} × ${size[1]}`, size.join("x"), false, size === usual)));
  }

  #say(text, isFault = false) {
    by("video-note").textContent = text;
    by("video-note").classList.toggle("fault", isFault);
  }
}
