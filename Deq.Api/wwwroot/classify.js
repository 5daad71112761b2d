// The picture tab: one model with a budget slider and the curve of the answer under it, or an ensemble and its votes.
import { classify } from "/page/api.js";
import { describe, lineChart, show } from "/page/chart.js";
import { Votes, vote } from "/page/ensemble.js";

const by = id => document.getElementById(id);
const SHOWN = 5;
const BOOT = "Ankle boot";
const VOTE = "ensemble ";

// More than are shown, so that a label has a curve before it is among the first.
const MOST_ASKED = 100;
const sent = ["image/png", "image/jpeg", "image/webp"];
const strokes = ["--warm", "--cold", "#3f9b4f", "#8a5cc2", "#a58a1f"];

export class PictureTab {
  #charts = null;
  #picture = null;
  #asking = null;
  #taking = 0;
  #labels = SHOWN;
  #votes = new Votes();

  constructor(models, ensembles) {
    this.models = models;
    this.ensembles = ensembles;
    for (const model of models) {
      by("classify-model").add(new Option(model.name));
    }
    for (const ensemble of ensembles) {
      by("classify-model").add(new Option(`${ensemble.name}: ${ensemble.members.length} votes`, `${VOTE}${ensemble.name}`));
    }
    by("sure").addEventListener("change", () => this.ask());
    by("classify-model").addEventListener("change", () => {
      this.#takeLimits();
      this.ask();
    });
    by("budget").addEventListener("input", () => {
      by("budget-value").textContent = by("budget").value;
      this.ask();
    });
    by("choose").addEventListener("click", () => by("picture-file").click());
    by("picture-file").addEventListener("change", () => {
      this.#take(by("picture-file").files[0]);

      // So that the same file can be chosen again.
      by("picture-file").value = "";
    });
    by("sample").addEventListener("click", () => this.drawBoot());
    const place = by("picture-drop");
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
    this.#takeLimits();
    this.#forget();
    this.#say(models.length === 0 ? "This server has no classifier." : "");
    by("sample").disabled = models.length === 0;
  }

  /** A boot, light on black, for a first try: asked of what knows boots, or of the ensemble that is named. */
  async drawBoot(ensemble = null) {
    if (this.ensembles.some(each => each.name === ensemble)) {
      by("classify-model").value = VOTE + ensemble;
      this.#takeLimits();
    }
    const model = this.models.find(each => each.labels.includes(BOOT));
    if (model && !this.#chosen.labels.includes(BOOT)) {
      by("classify-model").value = model.name;
      this.#takeLimits();
    }
    const context = this.#clear("A drawn boot");
    context.fillStyle = "#c9c9c9";
    context.beginPath();
    context.moveTo(118, 34);
    context.lineTo(186, 40);
    context.lineTo(190, 168);
    context.lineTo(184, 184);
    context.lineTo(30, 184);
    context.bezierCurveTo(22, 150, 62, 142, 92, 122);
    context.bezierCurveTo(112, 104, 116, 72, 118, 34);
    context.fill();
    context.fillStyle = "#8d8d8d";
    context.fillRect(28, 174, 160, 10);
    context.fillRect(124, 48, 58, 6);
    await this.#keep(++this.#taking);
  }

  /** Classifies the picture with the budget of the slider; the newest question wins. */
  async ask() {
    if (!this.#picture || this.models.length === 0) {
      return;
    }
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    const iterates = [];
    try {
      if (this.#ensemble) {
        const answer = await vote(this.#ensemble, this.#picture, by("sure").value, asking.signal);
        this.#rank(answer.labels.map(each => ({ label: each.label, probability: each.posterior })));
        this.#votes.show(this.#ensemble, answer);
        this.#say("");
        return;
      }
      const result = await classify(
        by("classify-model").value, this.#picture, { maxEvaluations: by("budget").value, top: Math.max(SHOWN, Math.min(this.#labels, MOST_ASKED)) },
        iterate => {
          iterates.push(iterate);
          this.#draw(iterates, iterate.predictions.slice(0, SHOWN));
        },
        asking.signal);
      this.#draw(iterates, result.predictions.slice(0, SHOWN));
      this.#list(result);
      this.#say("");
    } catch (fault) {
      if (!asking.signal.aborted) {
        this.#forget();
        this.#say(fault.message, true);
      }
    }
  }

  #draw(iterates, predictions) {
    const labels = predictions.map(prediction => prediction.label);
    const key = labels.join("\n");
    if (this.#charts?.key !== key) {
      this.#charts?.probability.destroy();
      this.#charts?.residual.destroy();
      this.#charts = {
        key,
        probability: lineChart(by("anytime-chart"), labels.map((label, i) => ({ label, stroke: strokes[i] })), { x: "evaluation", range: [0, 1], legend: true }),
        residual: lineChart(by("classify-residual-chart"), [{ label: "residual", stroke: "--warm" }], { x: "evaluation", log: true }),
      };
    }
    const of = (iterate, label) => iterate.predictions.find(prediction => prediction.label === label)?.probability ?? null;
    show(this.#charts.probability, labels.map(label => iterates.map(iterate => of(iterate, label))), 1);
    show(this.#charts.residual, [iterates.map(iterate => (iterate.residual > 0 ? iterate.residual : null))], 1);
    describe(by("anytime-chart"), `Probability after each of ${iterates.length} evaluations; at last ${predictions.map(each => `${each.label} ${(100 * each.probability).toFixed(0)} %`).join(", ")}`);
    describe(by("classify-residual-chart"), `Residual after each evaluation; at last ${iterates.at(-1)?.residual?.toPrecision(2) ?? "none"}`);
  }

  get #ensemble() {
    const value = by("classify-model").value;
    return value.startsWith(VOTE) ? this.ensembles.find(each => each.name === value.slice(VOTE.length)) : null;
  }

  get #chosen() {
    return this.#ensemble ?? this.models.find(each => each.name === by("classify-model").value);
  }

  #rank(predictions) {
    by("predictions").replaceChildren(...predictions.slice(0, SHOWN).map(prediction => {
      const [line, label, share, number] = ["li", "span", "progress", "span"].map(name => document.createElement(name));
      [label.textContent, share.max, share.value, number.textContent] = [prediction.label, 1, prediction.probability, `${(100 * prediction.probability).toFixed(1)} %`];
      share.ariaLabel = prediction.label;
      line.append(label, share, number);
      return line;
    }));
  }

  #list(result) {
    this.#rank(result.predictions);
    const { solve } = result;
    const best = result.predictions[0];
    by("solve").textContent = `${best.label}, ${(100 * best.probability).toFixed(1)} %. ${solve.converged ? "Converged" : "Not converged"} (${solve.stop}) after ${solve.evaluations} evaluations, residual `
      + `${solve.residual?.toPrecision(2) ?? "none"} against ${solve.tolerance}; ${solve.spentMs.toFixed(0)} ms.`;
  }

  /** Takes away the answer to an earlier picture. */
  #forget() {
    by("predictions").replaceChildren();
    by("solve").textContent = "";
    this.#votes.hide();
    this.#charts?.probability.destroy();
    this.#charts?.residual.destroy();
    this.#charts = null;
  }

  async #take(file) {
    if (!file) {
      return;
    }
    const taking = ++this.#taking;
    try {
      const image = await createImageBitmap(file);
      if (taking !== this.#taking) {
        return;
      }
      const context = this.#clear(file.name);
      const scale = Math.min(224 / image.width, 224 / image.height);
      context.drawImage(image, (224 - (scale * image.width)) / 2, (224 - (scale * image.height)) / 2, scale * image.width, scale * image.height);
      await this.#keep(taking, sent.includes(file.type) ? file : null);
    } catch {
      if (taking !== this.#taking) {
        return;
      }
      this.#asking?.abort();
      this.#picture = null;
      this.#clear("No picture yet");
      this.#forget();
      this.#say("The browser cannot read this picture.", true);
    }
  }

  /** Asks about a file, or what was drawn, unless a newer picture has come meanwhile. */
  async #keep(taking, file = null) {
    const picture = file ?? await this.#blob();
    if (taking === this.#taking) {
      this.#picture = picture;
      await this.ask();
    }
  }

  #blob() {
    return new Promise(resolve => by("picture").toBlob(resolve, "image/png"));
  }

  #clear(name) {
    by("picture-name").textContent = name;
    by("picture").setAttribute("aria-label", name);
    const context = by("picture").getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, 224, 224);
    return context;
  }

  #takeLimits() {
    const isVote = this.#ensemble !== null;
    [by("budget-label").hidden, by("sure-label").hidden, by("classify-charts").hidden] = [isVote, !isVote, isVote];
    by("classify-explain").textContent = isVote
      ? "Each vote weighs as much as its member has been right. What the vote is sure of is what it is right about, on average; members that fail on the same pictures are allowed for."
      : "Even one evaluation gives an answer. Move the slider and watch the answer settle.";
    // More than the highest posterior that votes can reach cannot be asked.
    for (const option of by("sure").options) {
      option.hidden = option.disabled = isVote && Number(option.value) > this.#ensemble.best;
    }
    by("sure").value = by("sure").selectedOptions[0]?.disabled ? "" : by("sure").value;
    this.#forget();
    const model = this.models.find(each => each.name === by("classify-model").value);
    if (model) {
      this.#labels = model.labels.length;
      by("budget").max = model.defaults.maxEvaluations;
      by("budget").value = model.defaults.maxEvaluations;
      by("budget-value").textContent = by("budget").value;
    }
  }

  #say(text, isFault = false) {
    by("classify-note").textContent = text;
    by("classify-note").classList.toggle("fault", isFault);
  }
}
