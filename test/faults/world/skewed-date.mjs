/**
 * Preloaded into a hub, this lets Date follow the file that TIDEMARK_CLOCK_FILE names: it holds the number of the jump, and
 * by how many milliseconds the hub's clock is wrong. That the hub has read such a time is told, by the number, in the file
 * beside it. Timers, and what measures durations, go on as ever, as they do where the clock of a machine jumps.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.env.TIDEMARK_CLOCK_FILE ?? '';
const LOOK_MS = 50;
const rightNow = Date.now;
let [jump, offset] = [0, 0];
let told = 0;

const now = () => {
  if (jump !== told) writeFileSync(`${file}.read`, String((told = jump)));
  return rightNow() + offset;
};

const look = () => {
  // A write that is under way may leave it empty for a moment.
  const text = readFileSync(file, 'utf8');
  if (text !== '') [jump, offset] = text.split(' ').map(Number);
};

look();
setInterval(look, LOOK_MS).unref();
globalThis.Date = new Proxy(Date, {
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
});
