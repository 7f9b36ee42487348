import { startBenchHub } from './hub.js';
import type { DatabaseName } from './hub.js';
import { changeOf, HttpLoad, median, sustained } from './load.js';

const SECONDS = 5;
const WARM_UP_SECONDS = 2;
const RUNS = 3;

/** Changes a second, answered when durable: `callers` at once, `perCall` changes a call, over HTTP. */
export async function publishRate(database: DatabaseName, callers: number, perCall: number): Promise<number> {
  const hub = await startBenchHub(database);
  const load = new HttpLoad(hub.url, callers);
  let n = 0;
  const call = (): Promise<void> => load.publish(Array.from({ length: perCall }, () => changeOf(n++)));
  await sustained(callers, WARM_UP_SECONDS, call);
  const rates: number[] = [];
  for (let run = 0; run < RUNS; run++) rates.push((await sustained(callers, SECONDS, call)) * perCall);
  load.close();
  await hub.stop();
  return median(rates);
}
