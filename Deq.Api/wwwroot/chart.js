// Charts that follow the page's colours.
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/**
 * A line chart.
 * @param {HTMLElement} place where it goes; it takes its width.
 * @param {{label: string, stroke: string, dash?: number[]}[]} series stroke is a custom property's name, or a colour.
 * @param {{x: string, log?: boolean, range?: number[]}} options what x is, whether y is logarithmic, and its range.
 */
export function lineChart(place, series, options) {
  const axis = extra => ({ stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, ...extra });
  const round = value => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6;
  const powers = values => values.map(value => (value > 0 && round(value) ? (value >= 0.001 && value < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(0)) : ""));
  const whole = values => values.map(value => (Number.isInteger(value) ? value : ""));
  const chart = new uPlot({
    width: Math.max(place.clientWidth, 280),
    height: 240,
    cursor: { points: { size: 6 } },
    legend: { live: false, show: options.legend ?? false },
    scales: { x: { time: false }, y: { distr: options.log ? 3 : 1, range: options.range ?? (options.log ? undefined : (_, __, most) => [0, Math.max(1, most * 1.1)]) } },
    axes: [axis({ label: options.x, labelSize: 20, size: 36, values: (_, ticks) => whole(ticks) }), axis({ size: 56, ...(options.log && { values: (_, ticks) => powers(ticks) }) })],
    series: [{ label: options.x }, ...series.map(line => ({
      label: line.label, stroke: line.stroke.startsWith("--") ? colour(line.stroke) : line.stroke, width: 2, dash: line.dash,
      points: { show: true, size: 5 }, spanGaps: true,
    }))],
  }, [[], ...series.map(() => [])], place);
  place.setAttribute("role", "img");
  new ResizeObserver(() => place.clientWidth > 0 && chart.setSize({ width: place.clientWidth, height: 240 })).observe(place);
  return chart;
}

/** What a chart shows, for those who do not see it. */
export function describe(place, text) {
  place.setAttribute("aria-label", text);
}

/** Puts lines of different lengths into a chart; x counts from `first`. */
export function show(chart, lines, first) {
  const length = Math.max(1, ...lines.map(line => line.length));
  const x = Array.from({ length }, (_, i) => first + i);
  chart.setData([x, ...lines.map(line => x.map((_, i) => line[i] ?? null))]);
}
