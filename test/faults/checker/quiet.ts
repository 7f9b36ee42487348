import type { FaultEntry } from '../history.js';

/** A hub tells its sessions what other hubs did to them every two seconds; in a quiet this long, in milliseconds, it did. */
const QUIET_MS = 8_000;

/** A wrong time keeps nobody from hearing: what hubs decide, and when they look, goes by the database's clock and by timers. */
const isDisruptive = ({ fault }: FaultEntry): boolean => !fault.startsWith('jump ');

/** When a session had surely heard of what happened at a moment: the end of the first quiet behind it. */
export function quietAfter(faults: readonly FaultEntry[], moment: number): number {
  let from = moment;
  for (const { startedAt, at } of faults.filter(isDisruptive).sort((a, b) => a.startedAt - b.startedAt)) {
    if (startedAt > from + QUIET_MS) break;
    from = Math.max(from, at);
  }
  return from + QUIET_MS;
}
