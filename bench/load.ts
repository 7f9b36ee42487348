import { Agent, request } from 'node:http';

/** A change as the benchmarks publish it. */
export interface BenchChange {
  readonly collection: string;
  readonly key: string;
  readonly sourceId: string;
  readonly data: object;
}

/** A change of 252 bytes of data, as the published figures of comparable systems use. */
export const changeOf = (n: number): BenchChange => ({
  collection: 'quakes',
  key: `q${n % 10_000}`,
  sourceId: `r${n}`,
  data: {
    magnitude: (n % 90) / 10,
    place: '81km WNW of Skagway, Alaska',
    time: '2018-01-31T02:18:21.235Z',
    status: 'automatic',
    significance: n,
    type: 'earthquake',
    longitude: -136.5559,
    latitude: 59.8411,
    url: 'https://earthquake.usgs.gov/earthquakes/eventpage/ak18247005',
  },
});

/** The mutation of the benchmarks: it asks for no more than a source needs to know. */
export const PUBLISH = `mutation ($source: String!, $changes: [ChangeInput!]!) {
  publish(source: $source, changes: $changes) { cursor results { outcome } }
}`;

/** Sends GraphQL operations over connections that stay open. */
export class HttpLoad {
  readonly #agent: Agent;

  constructor(
    readonly url: string,
    connections: number,
  ) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** Publishes changes; throws where the hub refused. */
  publish(changes: readonly object[]): Promise<void> {
    const body = JSON.stringify({ query: PUBLISH, variables: { source: 'bench', changes } });
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.url}/graphql`,
        {
          method: 'POST',
          agent: this.#agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (part: string) => (text += part));
          response.on('end', () => (text.includes('"errors"') ? reject(new Error(text)) : resolve()));
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Runs `callers` loops of `call` until `seconds` are over; answers calls a second. */
export async function sustained(
  callers: number,
  seconds: number,
  call: () => Promise<void>,
): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  const started = performance.now();
  let calls = 0;
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: callers }, loop));
  return calls / ((performance.now() - started) / 1_000);
}

/** The figure below which this share of them lies, 0 to 1; 0 where there are none. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The middle of several figures. */
export const median = (figures: readonly number[]): number => quantile(figures, 0.5);
