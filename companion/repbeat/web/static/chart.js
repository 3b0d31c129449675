// Heart rate over the session with the sets shaded. The table below the chart has the same values.
const place = document.getElementById("chart");
const source = document.getElementById("chart-data");
if (place && source && window.uPlot) {
  const data = JSON.parse(source.textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const clock = (s) => `${Math.floor(s / 60)}:${String(Math.round(s % 60)).padStart(2, "0")}`;
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const sets = {
    hooks: {
      drawClear: (u) => {
        u.ctx.save();
        u.ctx.fillStyle = colour("--set");
        for (const [from, to] of data.sets) {
          const x = u.valToPos(from, "x", true);
          u.ctx.fillRect(x, u.bbox.top, u.valToPos(to, "x", true) - x, u.bbox.height);
        }
        u.ctx.restore();
      },
    },
  };
  const size = () => ({ width: place.clientWidth, height: place.clientHeight });
  const plot = new uPlot(
    {
      ...size(),
      plugins: [sets],
      scales: { x: { time: false } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map(clock) },
        { ...axis, label: "bpm", labelSize: 18, size: 46 },
      ],
      series: [{}, { stroke: colour("--heart"), width: 2, spanGaps: false, points: { show: false } }],
      legend: { show: false },
      cursor: { drag: { x: true, y: false } },
    },
    [data.t, data.bpm],
    place,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(place);
}
