/** What an operator sees of a hub. */
export interface Readiness {
  readonly ready: boolean;
  readonly signal: string;
  readonly pollMs: number;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}

/** What /readyz says. */
export async function readiness(url: string): Promise<Readiness & { readonly status: number }> {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, ...((await response.json()) as Readiness) };
}

/** The names of the checks that fail. */
export async function failing(url: string): Promise<string[]> {
  const { checks } = await readiness(url);
  return Object.keys(checks)
    .filter((name) => checks[name]?.ok === false)
    .sort();
}

/** Values of Prometheus' text format by their names, labels included as they stand. */
export async function metricsOf(url: string): Promise<Readonly<Record<string, number>>> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}
