// The restore tab: damage a picture, watch it being restored, and wipe between before and after.
import { restore } from "/page/api.js";
import { describe, lineChart, show } from "/page/chart.js";

const by = id => document.getElementById(id);
const MOST_SIDE = 480;
const BRUSH = 9;

/** What a slider says; null leaves it to the server. */
const chosen = name => (by(`restore-${name}`).value === "0" ? null : by(`restore-${name}`).value);

/** A range of energies with some room: they seldom come near 0. */
const around = (least, most) => (least === null ? [0, 1] : [least - room(least, most), most + room(least, most)]);
const room = (least, most) => 0.08 * (most - least || most || 1);

export class RestoreTab {
  #source = null;
  #damaged = null;
  #holes = null;
  #asking = null;
  #taking = 0;
  #chart = null;
  #energyChart = null;
  #brushAt = null;
  #shown = 0;

  constructor(models) {
    this.models = models;
    for (const model of models) {
      by("restore-model").add(new Option(model.name));
    }
    by("restore-choose").addEventListener("click", () => by("restore-file").click());
    by("restore-file").addEventListener("change", () => {
      this.#take(by("restore-file").files[0]);
      by("restore-file").value = "";
    });
    by("restore-sample").addEventListener("click", () => this.drawHarbour());
    by("restore-noise").addEventListener("input", () => {
      by("restore-noise-value").textContent = by("restore-noise").value;
      this.#damage();
    });
    by("restore-noise").addEventListener("change", () => this.ask());
    for (const name of ["sigma", "budget"]) {
      by(`restore-${name}`).addEventListener("input", () => {
        by(`restore-${name}-value`).textContent = chosen(name) ?? "auto";
      });
    }
    for (const name of ["sigma", "budget", "model"]) {
      by(`restore-${name}`).addEventListener("change", () => this.ask());
    }
    by("restore-mend").addEventListener("click", () => {
      this.#holes?.fill(0);
      this.#damage();
      this.ask();
    });
    by("restore-wipe").addEventListener("input", () => this.#wipe());
    this.#listenToBrush();
    this.#listenToDrops();
    const isNone = models.length === 0;
    for (const id of ["restore-choose", "restore-sample", "restore-mend"]) {
      by(id).disabled = isNone;
    }
    this.#say(isNone ? "This server has no restorer." : "");
  }

  /** A drawn harbour, for a first try. */
  async drawHarbour() {
    this.#taking++;
    const [width, height] = [360, 240];
    const context = this.#size(width, height, "A drawn harbour");
    const sky = context.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, "#6f9fc8");
    sky.addColorStop(0.6, "#e8d9b8");
    sky.addColorStop(0.61, "#2f5f7d");
    sky.addColorStop(1, "#173447");
    context.fillStyle = sky;
    context.fillRect(0, 0, width, height);
    for (const [x, size, colour] of [[60, 1, "#b5452c"], [190, 1.5, "#e9e4d6"], [300, 0.8, "#3d6b4f"]]) {
      context.fillStyle = colour;
      context.beginPath();
      context.moveTo(x - (32 * size), 150);
      context.lineTo(x + (32 * size), 150);
      context.lineTo(x + (22 * size), 150 + (20 * size));
      context.lineTo(x - (24 * size), 150 + (20 * size));
      context.fill();
      context.fillStyle = "#f7f3e8";
      context.beginPath();
      context.moveTo(x, 150 - (78 * size));
      context.lineTo(x, 146);
      context.lineTo(x + (34 * size), 146);
      context.fill();
      context.fillStyle = "#35281d";
      context.fillRect(x - 2, 150 - (82 * size), 3, 82 * size);
    }
    context.strokeStyle = "#9fc0d0";
    for (let wave = 0; wave < 24; wave++) {
      const y = 178 + (wave * 37 % 56);
      context.beginPath();
      context.moveTo(wave * 53 % width, y);
      context.lineTo((wave * 53 % width) + 26, y);
      context.stroke();
    }
    await this.#keep();
  }

  /** Restores the damaged picture; the newest question wins. */
  async ask() {
    if (!this.#source || this.models.length === 0) {
      return;
    }
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const residuals = [], energies = [];
    this.#say("Restoring …");
    try {
      const form = new FormData();
      form.append("image", await this.#blob(by("restore-before")), "picture.png");
      if (this.#holes.some(hole => hole > 0)) {
        form.append("mask", await this.#maskBlob(), "mask.png");
      }
      form.append("sigma", chosen("sigma") ?? "auto");
      if (chosen("budget")) {
        form.append("maxEvaluations", chosen("budget"));
      }
      const result = await restore(by("restore-model").value, form, iterate => {
        if (iterate.plane === 0) {
          residuals.push(iterate.residual);
          energies.push(iterate.energy);
          this.#draw(residuals, energies);
          if (iterate.preview && !asking.signal.aborted) {
            this.#show(iterate.preview, asking);
          }
        }
      }, asking.signal);
      await this.#show(result.png, asking);
      if (asking.signal.aborted) {
        return;
      }
      this.#draw(result.residuals, result.energies ?? []);
      this.#describe(result);
      this.#say("");
    } catch (fault) {
      if (!asking.signal.aborted) {
        this.#forget();
        this.#say(fault.message, true);
      }
    }
  }

  /** Takes away what was restored earlier. */
  #forget() {
    this.#shown++;
    const after = by("restore-after");
    after.getContext("2d").clearRect(0, 0, after.width, after.height);
    by("restore-sentence").textContent = "";
    this.#chart?.destroy();
    this.#energyChart?.destroy();
    [this.#chart, this.#energyChart] = [null, null];
  }

  #describe({ restoration, solves }) {
    by("restore-sentence").textContent = `${solves.every(solve => solve.converged) ? "Converged" : "Not converged"} after ${restoration.evaluations} evaluations of `
      + `${solves.length} ${solves.length === 1 ? "plane" : "planes"}, ${Math.max(...solves.map(solve => solve.spentMs)).toFixed(0)} ms. Noise σ ${restoration.sigma.toFixed(1)}`
      + `${restoration.sigmaEstimated ? " (estimated)" : ""}; the answer misses the picture that was sent by ${restoration.misfit.toFixed(1)} grey levels. ${restoration.uniqueness}`;
  }

  /** Shows a picture unless a newer one has been decoded meanwhile. */
  async #show(png, asking) {
    const number = ++this.#shown;
    const bytes = Uint8Array.from(atob(png), letter => letter.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    if (!asking.signal.aborted && number === this.#shown) {
      const canvas = by("restore-after");
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    }
  }

  #draw(residuals, energies) {
    this.#chart ??= lineChart(by("restore-chart"), [{ label: "residual", stroke: "--warm" }], { x: "evaluation", log: true });
    show(this.#chart, [residuals.map(residual => (residual > 0 ? residual : null))], 1);
    describe(by("restore-chart"), `Residual after each evaluation; at last ${residuals.at(-1)?.toPrecision(2) ?? "none"}`);
    const known = energies.filter(energy => energy !== null && energy !== undefined);
    by("restore-energy").hidden = known.length === 0;
    if (known.length === 0) {
      return;
    }
    this.#energyChart ??= lineChart(by("restore-energy-chart"), [{ label: "energy", stroke: "--cold" }], { x: "evaluation", range: (_, least, most) => around(least, most) });
    show(this.#energyChart, [energies], 1);
    describe(by("restore-energy-chart"), `Energy at each evaluation; at first ${known[0].toPrecision(4)}, at last ${known.at(-1).toPrecision(4)}`);
  }

  /** The source with noise, black where it was painted over. */
  #damage() {
    if (!this.#source) {
      return;
    }
    const sigma = Number(by("restore-noise").value);
    const { width, height } = this.#source;
    const damaged = new ImageData(new Uint8ClampedArray(this.#source.data), width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        const normal = sigma > 0 ? Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()) : 0;
        damaged.data[(4 * pixel) + channel] = this.#holes[pixel] ? 0 : this.#source.data[(4 * pixel) + channel] + (sigma * normal);
      }
    }
    this.#damaged = damaged;
    by("restore-before").getContext("2d").putImageData(damaged, 0, 0);
  }

  #listenToBrush() {
    const [place, brush] = [by("restore-stage"), by("restore-brush")];
    const choose = () => place.classList.toggle("painting", brush.checked);
    brush.checked = !matchMedia("(pointer: coarse)").matches;
    brush.addEventListener("change", choose);
    choose();
    place.addEventListener("pointerdown", event => {
      if (this.#damaged && brush.checked) {
        event.preventDefault();
        place.setPointerCapture(event.pointerId);
        by("restore-wipe").value = 100;
        this.#wipe();
        this.#stroke(event, place);
      }
    });
    place.addEventListener("pointermove", event => this.#brushAt && this.#stroke(event, place));
    for (const end of ["pointerup", "pointercancel"]) {
      place.addEventListener(end, () => {
        if (this.#brushAt) {
          this.#brushAt = null;
          by("restore-wipe").value = 50;
          this.#wipe();
          this.ask();
        }
      });
    }
  }

  /** Paints from where the brush was last: pointers that move fast skip pixels. */
  #stroke(event, place) {
    const [box, canvas] = [place.getBoundingClientRect(), by("restore-before")];
    const radius = Math.max(1, BRUSH * canvas.width / MOST_SIDE);
    const to = { x: (event.clientX - box.left) * canvas.width / box.width, y: (event.clientY - box.top) * canvas.height / box.height };
    const from = this.#brushAt ?? to;
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(to.x - from.x, to.y - from.y) / radius));
    for (let step = 1; step <= steps; step++) {
      this.#paint(from.x + ((to.x - from.x) * step / steps), from.y + ((to.y - from.y) * step / steps), radius);
    }
    this.#brushAt = to;
    canvas.getContext("2d").putImageData(this.#damaged, 0, 0);
  }

  #paint(x, y, radius) {
    const { width, height } = this.#source;
    for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
      for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
        if (((row + 0.5 - y) ** 2) + ((column + 0.5 - x) ** 2) <= radius ** 2) {
          const pixel = (row * width) + column;
          this.#holes[pixel] = 1;
          this.#damaged.data.fill(0, 4 * pixel, (4 * pixel) + 3);
        }
      }
    }
  }

  #listenToDrops() {
    const place = by("restore-drop");
    place.addEventListener("dragover", event => {
      event.preventDefault();
      place.classList.add("over");
    });
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", event => {
      event.preventDefault();
      place.classList.remove("over");
      this.#take(event.dataTransfer.files[0]);
    });
  }

  async #take(file) {
    if (!file || this.models.length === 0) {
      return;
    }
    const taking = ++this.#taking;
    try {
      const image = await createImageBitmap(file);
      if (taking !== this.#taking) {
        return;
      }
      const scale = Math.min(1, MOST_SIDE / Math.max(image.width, image.height));
      const context = this.#size(Math.max(1, Math.round(scale * image.width)), Math.max(1, Math.round(scale * image.height)), file.name);
      context.drawImage(image, 0, 0, context.canvas.width, context.canvas.height);
      await this.#keep();
    } catch {
      if (taking !== this.#taking) {
        return;
      }
      this.#asking?.abort();
      this.#forget();
      this.#say("The browser cannot read this picture.", true);
    }
  }

  async #keep() {
    const canvas = by("restore-before");
    this.#source = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    this.#holes = new Uint8Array(canvas.width * canvas.height);
    this.#damage();
    await this.ask();
  }

  #size(width, height, name) {
    for (const id of ["restore-before", "restore-after"]) {
      [by(id).width, by(id).height] = [width, height];
    }
    by("restore-name").textContent = name;
    by("restore-sentence").textContent = "";
    this.#wipe();
    const context = by("restore-before").getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#000";
    context.fillRect(0, 0, width, height);
    return context;
  }

  #wipe() {
    by("restore-after").style.clipPath = `inset(0 0 0 ${by("restore-wipe").value}%)`;
  }

  #maskBlob() {
    const { width, height } = this.#source;
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const mask = new ImageData(width, height);
    for (let pixel = 0; pixel < width * height; pixel++) {
      mask.data.set([255 * this.#holes[pixel], 255 * this.#holes[pixel], 255 * this.#holes[pixel], 255], 4 * pixel);
    }
    canvas.getContext("2d").putImageData(mask, 0, 0);
    return this.#blob(canvas);
  }

  #blob(canvas) {
    return new Promise(resolve => canvas.toBlob(resolve, "image/png"));
  }

  #say(text, isFault = false) {
    by("restore-note").textContent = text;
    by("restore-note").classList.toggle("fault", isFault);
  }
}
