// What the video tab shows of each frame: pictures, numbers and curves.
import { describe, lineChart, show } from "/page/chart.js";

const by = id => document.getElementById(id);
const SHOWN = 120;

const reasons = {
  first: "first frame", gap: "frames are missing", size: "another size", cut: "another scene", motion: "the picture jumped", lost: "the last state was dropped",
  residual: "the cold start was nearer", asked: "as asked", model: "the model is measured to need it",
};

const median = values => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length === 0 ? null : sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const mean = values => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);

export class Readout {
  #charts = null;

  /** Nothing of an earlier run stays to be seen. */
  clear(width, height) {
    for (const id of ["frame", "flow"]) {
      [by(id).width, by(id).height] = [width, height];
    }
    for (const id of ["frame-index", "scale", "warm-evaluations", "cold-evaluations", "start", "means", "milliseconds", "motion"]) {
      by(id).textContent = "–";
    }
    const lines = [{ label: "warm", stroke: "--warm" }, { label: "cold", stroke: "--cold", dash: [6, 4] }];
    this.#charts ??= {
      milliseconds: lineChart(by("milliseconds-chart"), lines, { x: "frame" }),
      residuals: lineChart(by("residual-chart"), lines, { x: "evaluation", log: true }),
    };
    show(this.#charts.milliseconds, [[], []], 1);
    show(this.#charts.residuals, [[], []], 1);
    for (const id of ["milliseconds-chart", "residual-chart"]) {
      describe(by(id), "No frame has been solved yet");
    }
  }

  /** Adds a frame's results to the run's history and shows them. */
  async show(run, warm, cold, [warmMs, coldMs]) {
    const { result } = warm;
    by("frame-index").textContent = result.index + 1;
    run.history.starts.push(result.coldReason ?? result.start);
    by("start").textContent = result.coldReason ? `cold: ${reasons[result.coldReason] ?? result.coldReason}` : "warm";
    if (!result.solve) {
      return;
    }
    const { history } = run;
    history.warm.push(result.solve.evaluations);
    history.cold.push(cold?.result.solve?.evaluations ?? null);
    history.warmMs.push(warmMs);
    history.coldMs.push(coldMs ?? null);
    history.isWarm.push(result.warm);
    if (history.warm.length > SHOWN) {
      for (const values of Object.values(history)) {
        values.shift();
      }
      run.first += 1;
    }

    // Of the frames that started warm, in both streams, as far as there are values. The median of counts as small as 1 and 2 would hide what they differ by.
    const ofWarm = values => values.filter((value, place) => value !== null && history.isWarm[place]);
    const means = [history.warm, history.cold].map(counts => mean(ofWarm(counts))?.toFixed(1) ?? "–");
    const times = [history.warmMs, history.coldMs].map(values => median(ofWarm(values))?.toFixed(0) ?? "–");
    by("warm-evaluations").textContent = result.solve.evaluations;
    by("cold-evaluations").textContent = cold?.result.solve?.evaluations ?? "–";
    by("means").textContent = means.join(" / ");
    by("milliseconds").textContent = times.join(" / ");
    by("motion").textContent = result.flow ? result.flow.meanMagnitude.toFixed(2) : "–";
    by("scale").textContent = (result.flow?.maxMagnitude ?? result.scale).toFixed(1);
    show(this.#charts.milliseconds, [history.warmMs, history.coldMs], run.first + 1);
    show(this.#charts.residuals, [positive(result.residuals), positive(cold?.result.residuals)], 1);
    describe(by("milliseconds-chart"), `Milliseconds per frame: the median is ${times[0]} warm and ${times[1]} cold.`);
    describe(by("residual-chart"), `Residual of frame ${result.index + 1} after ${result.solve.evaluations} evaluations: ${result.residuals?.at(-1)?.toPrecision(2)}.`);
    by("flow").setAttribute("aria-label", `The flow of frame ${result.index + 1}, ${by("motion").textContent} pixels on average`);
    if (warm.picture) {
      const picture = await createImageBitmap(warm.picture);
      by("flow").getContext("2d").drawImage(picture, 0, 0);
    }
  }
}

// A logarithmic axis has no place for 0.
const positive = residuals => (residuals ?? []).map(value => (value > 0 ? value : null));
