// The video tab: frames from a drawn scene, a camera or a file go to a warm stream and, to compare, to a cold one.
import { Stream } from "/page/stream.js";
import { Scene } from "/page/scene.js";
import { lineChart, show } from "/page/chart.js";

const by = id => document.getElementById(id);
const SHOWN = 120;
const sizes = [[160, 120], [240, 180], [320, 240], [480, 360], [640, 480]];

const median = values => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? null : sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

export class VideoTab {
  #charts = null;
  #run = null;
  #fileUrl = null;
  #camera = null;
  #video = document.createElement("video");
  #seed = 1;

  constructor(models) {
    this.models = models;
    for (const model of models) {
      by("video-model").add(new Option(model.name));
    }
    [this.#video.muted, this.#video.loop, this.#video.playsInline] = [true, true, true];
    by("video-model").addEventListener("change", () => this.#takeModel());
    by("run").addEventListener("click", () => (this.#run ? this.stop() : this.start()));
    by("cut").addEventListener("click", () => this.cut());
    by("source").addEventListener("change", () => by("source").value === "file" && !this.#fileUrl && by("video-file").click());
    by("video-file").addEventListener("change", () => this.#takeFile(by("video-file").files[0]));
    this.#listenToDrops(by("video-drop"));
    this.#takeModel();
    by("run").disabled = models.length === 0;
    this.#say(models.length === 0 ? "This server has no model of optical flow." : "Press Start, drop a video, or choose the camera. Nothing leaves this server.");
  }

  /** Runs until it is stopped, or for so many frames; from frame `cutAt` on with another scene. */
  async start(frames = Infinity, cutAt = Infinity) {
    const run = { stopped: false, warm: null, cold: null, history: { warm: [], cold: [], starts: [] }, first: 1, index: 0 };
    this.#run = run;
    by("run").textContent = "Stop";
    by("cut").disabled = by("source").value !== "scene";
    this.#open();
    try {
      const draw = await this.#source();
      const terms = { model: by("video-model").value, output: "image/png", ...(by("video-budget").value && { budget: by("video-budget").value }) };
      run.warm = await Stream.open(terms);
      run.cold = by("compare").checked ? await Stream.open({ ...terms, warm: false }) : null;
      this.#say(`Frames go by ${run.warm.transport}.`);
      while (!run.stopped && run.index < frames) {
        if (run.index === cutAt) {
          this.cut();
        }
        await this.#step(run, draw);
      }
    } catch (fault) {
      if (!run.stopped) {
        this.#say(fault.message, true);
      }
    } finally {
      await Promise.all([run.warm?.close(), run.cold?.close()]);
      if (this.#run === run) {
        this.stop();
      }
    }
    return run.history;
  }

  stop() {
    if (this.#run) {
      this.#run.stopped = true;
      this.#run = null;
    }
    this.#camera?.getTracks().forEach(track => track.stop());
    this.#camera = null;
    this.#video.pause();
    by("run").textContent = "Start";
    by("cut").disabled = true;
  }

  /** Goes on with another scene. */
  cut() {
    this.#seed += 1;
  }

  async #step(run, draw) {
    const canvas = by("frame");
    draw(canvas.getContext("2d"), canvas.width, canvas.height, run.index);
    const frame = await new Promise(resolve => canvas.toBlob(resolve, "image/png"));
    const begun = performance.now();
    const warm = await run.warm.send(frame);
    const milliseconds = performance.now() - begun;

    // After the other, so that the two do not compete.
    const cold = run.cold ? await run.cold.send(frame) : null;
    run.index += 1;
    if (!run.stopped) {
      await this.#show(run, warm, cold, milliseconds);
    }
  }

  async #show(run, warm, cold, milliseconds) {
    by("frame-index").textContent = warm.result.index;
    run.history.starts.push(warm.result.coldReason ?? warm.result.start);
    by("start").textContent = warm.result.start ? warm.result.start + (warm.result.coldReason ? ` (${warm.result.coldReason})` : "") : `not yet (${warm.result.coldReason})`;
    if (!warm.result.solve) {
      return;
    }
    const { history } = run;
    history.warm.push(warm.result.solve.evaluations);
    history.cold.push(cold?.result.solve?.evaluations ?? null);
    if (history.warm.length > SHOWN) {
      history.warm.shift();
      history.cold.shift();
      history.starts.shift();
      run.first += 1;
    }
    by("warm-evaluations").textContent = warm.result.solve.evaluations;
    by("cold-evaluations").textContent = cold?.result.solve?.evaluations ?? "–";
    by("medians").textContent = `${median(history.warm)} / ${median(history.cold.filter(value => value !== null)) ?? "–"}`;
    by("milliseconds").textContent = milliseconds.toFixed(0);
    by("motion").textContent = warm.result.flow ? warm.result.flow.meanMagnitude.toFixed(2) : "–";
    by("scale").textContent = (warm.result.flow?.maxMagnitude ?? warm.result.scale).toFixed(1);
    show(this.#charts.evaluations, [history.warm, history.cold], run.first);
    show(this.#charts.residuals, [positive(warm.result.residuals), positive(cold?.result.residuals)], 1);
    if (warm.picture) {
      const picture = await createImageBitmap(warm.picture);
      by("flow").getContext("2d").drawImage(picture, 0, 0);
    }
  }

  #open() {
    const [width, height] = by("size").value.split("x").map(Number);
    for (const id of ["frame", "flow"]) {
      [by(id).width, by(id).height] = [width, height];
    }
    const lines = [{ label: "warm", stroke: "--warm" }, { label: "cold", stroke: "--cold", dash: [6, 4] }];
    this.#charts ??= {
      evaluations: lineChart(by("evaluations-chart"), lines, { x: "frame" }),
      residuals: lineChart(by("residual-chart"), lines, { x: "evaluation", log: true }),
    };
  }

  /** What draws frame t. */
  async #source() {
    if (by("source").value === "scene") {
      const scenes = new Map();
      return (context, width, height, t) => {
        if (!scenes.has(this.#seed)) {
          scenes.set(this.#seed, new Scene(this.#seed));
        }
        scenes.get(this.#seed).draw(context, width, height, t);
      };
    }
    if (by("source").value === "camera") {
      this.#camera = await navigator.mediaDevices.getUserMedia({ video: { width: by("frame").width, height: by("frame").height } });
      this.#video.srcObject = this.#camera;
    } else if (this.#fileUrl) {
      this.#video.srcObject = null;
      this.#video.src = this.#fileUrl;
    } else {
      throw new Error("Choose a video first.");
    }
    await this.#video.play();
    return (context, width, height) => {
      const scale = Math.max(width / this.#video.videoWidth, height / this.#video.videoHeight);
      const [w, h] = [scale * this.#video.videoWidth, scale * this.#video.videoHeight];
      context.drawImage(this.#video, (width - w) / 2, (height - h) / 2, w, h);
    };
  }

  #takeFile(file) {
    if (!file) {
      return;
    }
    if (this.#fileUrl) {
      URL.revokeObjectURL(this.#fileUrl);
    }
    this.#fileUrl = URL.createObjectURL(file);
    by("source").value = "file";
    this.#say(`${file.name} is ready.`);
    if (!this.#run) {
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
    by("video-budget").replaceChildren(new Option("the model's", ""), ...(model?.budgets ?? []).map(budget => new Option(budget.name)));
    const { multiple = 1, mostPixels = Infinity } = model?.input.sizes ?? {};
    const padded = side => Math.ceil(side / multiple) * multiple;
    const taken = sizes.filter(([width, height]) => padded(width) * padded(height) <= mostPixels);
    const usual = taken.findLast(([width]) => width <= 320);
    by("size").replaceChildren(...taken.map(size => new Option(`${size[0]} × ${size[1]}`, size.join("x"), false, size === usual)));
  }

  #say(text, isFault = false) {
    by("video-note").textContent = text;
    by("video-note").classList.toggle("fault", isFault);
  }
}

// A logarithmic axis has no place for 0.
const positive = residuals => (residuals ?? []).map(value => (value > 0 ? value : null));
