import type { Call, Load } from './load.js';
import { send } from './load.js';
import { expectWellFormed, readLog } from './recorded.js';
import type { Recorded } from './recorded.js';

/** Calls repeated at once, so that the repeats share commits as the first sends did. */
const AT_ONCE = 200;

/**
 * Holds what the sources were told against what the log holds: what was answered is there, as it was answered and once;
 * what was refused for sure is not; and what got no answer is there once after it is sent again under its sourceId.
 */
export async function expectNothingLost(url: string, load: Load): Promise<void> {
  const log = await readLog(url);
  await expectWellFormed(url, log);
  const byId = new Map(log.map((change) => [change.sourceId, change]));
  expect(contradictions(load, byId)).toEqual([]);

  const open = load.calls.filter(({ came }) => came.kind !== 'answered');
  const wrong: unknown[] = [];
  for (let i = 0; i < open.length; i += AT_ONCE) {
    const part = open.slice(i, i + AT_ONCE);
    const repeats = await Promise.all(part.map(({ change }) => send(url, change)));
    part.forEach((call, n) => {
      const repeat = repeats[n];
      const expected = byId.has(call.change.sourceId) ? 'DUPLICATE' : 'APPLIED';
      if (repeat?.kind !== 'answered' || repeat.outcome !== expected) wrong.push({ call, repeat, expected });
    });
  }
  expect(wrong).toEqual([]);

  const after = await readLog(url);
  await expectWellFormed(url, after);
  // One record a call: nothing is missing, and nothing is there that nobody sent.
  expect(after.map((change) => change.sourceId).sort()).toEqual(
    load.calls.map(({ change }) => change.sourceId).sort(),
  );
}

/** Calls of which the log says something else than the hub said to their source. */
function contradictions(load: Load, byId: ReadonlyMap<string, Recorded>): Call[] {
  return load.calls.filter(({ change, came }) => {
    const recorded = byId.get(change.sourceId);
    if (came.kind === 'answered') return came.outcome !== 'APPLIED' || recorded?.cursor !== came.cursor;
    if (came.kind === 'silence') return false;
    if (came.code !== 'LOG_UNAVAILABLE') return true;
    return !came.unknown && recorded !== undefined;
  });
}
