// Draws every chart of a page from the values beside it; the table below each has the same ones.
// {x: [...], scale: days|seconds|hours, unit, series: [{name, values, colour, as: line|bars|dots|low|high}], spans: [[from, to]]}
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.round(s % 60)).padStart(2, "0")}`;
const written = document.documentElement.dataset; // as whoever looks has chosen
const days = new Intl.DateTimeFormat(written.dates, { day: "numeric", month: "short", timeZone: "UTC" });
const marks = {
  days: (x) => days.format(new Date(x * 86400000)),
  seconds: clock,
  hours: (x) => `${x}:00`,
};
const steps = {
  days: [1, 7, 14, 28, 56, 112, 364],
  seconds: [1, 2, 5, 10, 30, 60, 120, 300, 600, 1200, 3600],
  hours: [1, 2, 3, 6, 12],
};
const numbers = new Intl.NumberFormat(written.numbers, { maximumFractionDigits: 2 });
const number = (y) => numbers.format(y).replace("-", "−"); // as in the text beside it

function shaded(spans) {
  return {
    hooks: {
      drawClear: (u) => {
        u.ctx.save();
        u.ctx.fillStyle = colour("set");
        for (const [from, to] of spans) {
          const x = u.valToPos(from, "x", true);
          u.ctx.fillRect(x, u.bbox.top, u.valToPos(to, "x", true) - x, u.bbox.height);
        }
        u.ctx.restore();
      },
    },
  };
}

function series(one) {
  const stroke = one.as === "low" || one.as === "high" ? "transparent" : colour(one.colour);
  const drawn = { label: one.name, stroke, width: 2, spanGaps: false, points: { show: false } };
  const fill = one.colour === "soft" ? `${stroke}55` : stroke; // bars behind lines let them through
  if (one.as === "bars") return { ...drawn, width: 0, fill, paths: uPlot.paths.bars({ size: [0.7, 28], align: 0 }) };
  if (one.as === "dots") return { ...drawn, paths: () => null, points: { show: true, size: 5, fill: stroke } };
  return drawn;
}

function draw(place) {
  const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize); // larger from across a room
  const font = `${0.75 * rem}px system-ui, sans-serif`;
  const axis = { font, labelFont: font, stroke: colour("soft"), grid: { stroke: colour("line"), width: 1 }, ticks: { stroke: colour("line") } };
  const size = () => ({ width: place.clientWidth, height: place.clientHeight });
  const at = (as) => data.series.findIndex((one) => one.as === as) + 1;
  const bands = at("high") && at("low") ? [{ series: [at("high"), at("low")], fill: colour("band") }] : [];
  const fromZero = data.series.some((one) => one.as === "bars");
  const plot = new uPlot(
    {
      ...size(),
      plugins: data.spans ? [shaded(data.spans)] : [],
      scales: { x: { time: false }, y: fromZero ? { range: (_, low, high) => [Math.min(0, low), high * 1.08 || 1] } : {} },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map(marks[data.scale]), space: 3.7 * rem, size: 2.6 * rem, incrs: steps[data.scale] },
        { ...axis, values: (_, ticks) => ticks.map(number), label: data.unit, labelSize: 1.2 * rem, size: (_, ticks) => (1.2 + 0.45 * Math.max(4, ...(ticks ?? []).map((one) => one.length))) * rem },
      ],
      bands,
      series: [{}, ...data.series.map(series)],
      legend: { show: false },
      cursor: { drag: { x: true, y: false } },
    },
    [data.x, ...data.series.map((one) => one.values)],
    place,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(place);
  return plot;
}

if (window.uPlot) {
  const places = [...document.querySelectorAll("[data-chart]")];
  let plots = places.map(draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const plot of plots) plot.destroy();
    plots = places.map(draw);
  });
}
