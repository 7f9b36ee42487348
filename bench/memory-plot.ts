/** The hub's resident memory when so many changes had been published. */
export interface Sample {
  readonly changes: number;
  readonly megabytes: number;
}

const WIDTH = 900;
const HEIGHT = 320;
const LEFT = 60;
const BOTTOM = 40;
const TOP = 20;

/** Draws resident memory over changes published, as SVG; the part in which the bad consumers were there is shaded. */
export function drawMemory(samples: readonly Sample[], from: number, to: number): string {
  const most = Math.ceil(Math.max(...samples.map(({ megabytes }) => megabytes)) / 100) * 100;
  const last = Math.max(...samples.map(({ changes }) => changes));
  const x = (changes: number): number => LEFT + ((WIDTH - LEFT - 10) * changes) / last;
  const y = (megabytes: number): number => HEIGHT - BOTTOM - ((HEIGHT - BOTTOM - TOP) * megabytes) / most;
  const points = samples.map(
    ({ changes, megabytes }) => `${x(changes).toFixed(1)},${y(megabytes).toFixed(1)}`,
  );
  const lines = [0, 1, 2, 3, 4].map((i) => (most / 4) * i);
  const marks = [0, 1, 2, 3, 4].map((i) => (last / 4) * i);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
<rect x="${x(from).toFixed(1)}" y="${TOP}" width="${(x(to) - x(from)).toFixed(1)}" height="${HEIGHT - BOTTOM - TOP}" fill="#e8f0fe"/>
${lines.map((value) => `<line x1="${LEFT}" x2="${WIDTH - 10}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${value} MB</text>`).join('\n')}
${marks.map((value) => `<text x="${x(value).toFixed(1)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${(value / 1e6).toFixed(2)} M</text>`).join('\n')}
<text x="${(WIDTH + LEFT) / 2}" y="${HEIGHT - 6}" text-anchor="middle">changes published; shaded: one consumer never reads, one never acknowledges</text>
<polyline fill="none" stroke="#1a56b0" stroke-width="1.5" points="${points.join(' ')}"/>
</svg>
`;
}
