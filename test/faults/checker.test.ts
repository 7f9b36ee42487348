import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seeded } from '../promises/support/dice.js';
import { check } from './checker/check.js';
import { doctors } from './checker/doctored.js';
import type { Doctor } from './checker/doctored.js';
import { faultsWithoutEffect, figureRows, figures } from './checker/figures.js';
import { livesDoctors, livesHistory, racedHistory } from './checker/lives.js';
import { Patient } from './checker/patient.js';
import type { OpenEntry } from './checker/patient.js';
import {
  deadAlreadyHistory,
  diedAgainHistory,
  rejectedHistory,
  rejectionDoctors,
} from './checker/rejected.js';
import { simulate } from './checker/simulated.js';
import { loadHistory, saveHistory, shrunk } from './recording.js';
import type { HistoryEntry } from './history.js';

/** Seeds of the histories that are tried until a doctor finds a place to break. */
const SEEDS = Array.from({ length: 20 }, (_none, i) => i + 1);
/** Seeds to look among for a history that a doctor can break. */
const MANY = Array.from({ length: 200 }, (_none, i) => i + 1);

/** The first histories in which a doctor found something to break, broken. */
function doctored(doctor: Doctor, most: number): readonly (readonly HistoryEntry[])[] {
  const histories: (readonly HistoryEntry[])[] = [];
  for (const seed of MANY) {
    if (histories.length === most) break;
    const patient = patientOf(seed);
    if (doctor(patient)) histories.push(patient.entries);
  }
  return histories;
}

/** Lets the first batches of a session come only after the first seek that it saw; answers whether there was such a session. */
function holdBackPastSeek({ entries }: Patient): boolean {
  const place = entries.findIndex((entry) => entry.kind === 'seek');
  const seek = entries[place];
  if (seek?.kind !== 'seek') return false;
  const ofConsumer = entries.filter((entry) => 'consumer' in entry && entry.consumer === seek.consumer);
  const before = ofConsumer.filter((entry) => entry.at < seek.at);
  const batches = before.slice(before.findLastIndex((entry) => entry.kind === 'subscribe') + 1);
  if (batches.length === 0 || batches.some((entry) => entry.kind !== 'batch')) return false;
  for (const batch of batches) {
    entries.splice(entries.indexOf(batch), 1);
    entries.splice(entries.indexOf(seek) + 1 + batches.indexOf(batch), 0, batch);
    batch.at = seek.at + (1 + batches.indexOf(batch)) / 1_000;
  }
  return true;
}

const found = (history: readonly HistoryEntry[]): string[] => [
  ...new Set(check(history).map(({ invariant }) => invariant)),
];

const saved = new Map<number, string>();

/** A history of its own for every doctor; through JSON, so that no two hubs of it share a log. */
function patientOf(seed: number): Patient {
  const text = saved.get(seed) ?? JSON.stringify(simulate({ seed }));
  saved.set(seed, text);
  return new Patient(JSON.parse(text) as OpenEntry[]);
}

describe(seeded('the checker'), () => {
  test.each(SEEDS)('finds nothing in what a hub without a fault did: %i', (seed) => {
    expect(check(simulate({ seed })).slice(0, 5)).toEqual([]);
  });

  test('reads positions beyond what a number holds', () => {
    expect(check(simulate({ seed: 1, base: 2n ** 53n - 20n })).slice(0, 5)).toEqual([]);
  });

  test('blames no session for batches that a stalled link held back past a seek', () => {
    const [held] = doctored(holdBackPastSeek, 1);
    expect(held && check(held)).toEqual([]);
  });

  test.each(doctors)('reports "%s": %s', (invariant, _what, doctor) => {
    // A call without an answer may excuse what the doctor did to one history; nothing excuses all of them.
    const reports = doctored(doctor, 5).map(found);
    expect(reports).toContainEqual(expect.arrayContaining([invariant]));
  });

  test('finds nothing in rejections that went as they should', () => {
    expect(check(rejectedHistory())).toEqual([]);
  });

  test('takes it for possible that a rejection without an answer led to an attempt that never came', () => {
    const seen = new Patient(JSON.parse(JSON.stringify(rejectedHistory())) as OpenEntry[]);
    const [, first, second] = seen.all('reject');
    if (!first || !second) throw new Error('The history has no change that is rejected twice.');
    seen.entries.splice(seen.entries.indexOf(second) - 1, 1);
    second.attempt = 1;
    expect(found(seen.entries)).toEqual(['wrong attempt']);
    first.outcome = { kind: 'unknown', why: 'the answer was lost' };
    expect(found(seen.entries)).toEqual([]);
  });

  test('blames no redrive for a change that died again behind an earlier one of its key', () => {
    expect(check(diedAgainHistory())).toEqual([]);
  });

  test('takes it for possible that a redrive under way with the last rejection came behind it', () => {
    const { entries } = new Patient(JSON.parse(JSON.stringify(rejectedHistory())) as OpenEntry[]);
    const death = entries.findIndex(
      (entry) => entry.kind === 'reject' && entry.outcome.kind === 'ok' && entry.outcome.value.attempts === 2,
    );
    const [dying] = entries.slice(death);
    const redrive = entries.find((entry) => entry.kind === 'redrive');
    if (dying?.kind !== 'reject' || !redrive) throw new Error('The history has no change that dies.');
    entries.splice(entries.indexOf(redrive), 1);
    entries.splice(death, 0, redrive);
    redrive.at = (dying.invokedAt + dying.at) / 2;
    redrive.invokedAt = dying.invokedAt;
    expect(found(entries)).toEqual([]);
    redrive.at = dying.invokedAt - 0.01;
    redrive.invokedAt = redrive.at - 0.01;
    expect(found(entries)).toContain('dead and alive');
  });

  test('expects nothing to wait behind what is rejected when it is dead already', () => {
    expect(check(deadAlreadyHistory())).toEqual([]);
  });

  test.each(rejectionDoctors)('of rejections reports "%s": %s', (invariant, _what, doctor) => {
    const patient = new Patient(JSON.parse(JSON.stringify(rejectedHistory())) as OpenEntry[]);
    doctor(patient);
    expect(found(patient.entries)).toContain(invariant);
  });

  test('finds nothing in a consumer that was made again, paused and protected as it should be', () => {
    expect(check(livesHistory())).toEqual([]);
  });

  test.each(livesDoctors)('of lives reports "%s": %s', (invariant, _what, doctor) => {
    const patient = new Patient(JSON.parse(JSON.stringify(livesHistory())) as OpenEntry[]);
    doctor(patient);
    expect(found(patient.entries)).toContain(invariant);
  });

  test('takes it for possible that a snapshot was taken whenever that explains as much', () => {
    expect(check(racedHistory())).toEqual([]);
  });

  test('takes the end of a snapshot to be one number for all that comes of it', () => {
    const { entries } = new Patient(JSON.parse(JSON.stringify(livesHistory())) as OpenEntry[]);
    const third = entries.find((entry) => entry.kind === 'publish' && entry.call === 3);
    // Its answer is lost, and it may have been sent before the snapshot was taken: then 2 is passed over rightly or not.
    if (third?.kind !== 'publish') throw new Error('The history does not publish a third change.');
    third.outcome = { kind: 'unknown', why: 'the answer was lost' };
    third.invokedAt = 1;
    expect(check(entries)).toEqual([]);
  });

  test('takes a call without an answer for what it is: recorded or not', () => {
    const history = SEEDS.flatMap((seed) => simulate({ seed }));
    const silent = history.filter((entry) => entry.kind === 'publish' && entry.outcome.kind === 'unknown');
    const log = history.flatMap((entry) => (entry.kind === 'final' ? (entry.hubs[0]?.log ?? []) : []));
    const ids = new Set(log.map((change) => change.sourceId));
    const recorded = silent.filter(
      (entry) => entry.kind === 'publish' && entry.changes.some((change) => ids.has(change.sourceId)),
    );
    expect(recorded.length).toBeGreaterThan(0);
    expect(recorded.length).toBeLessThan(silent.length);
  });

  test('tells of a fault without an effect, and blames no hub for it', () => {
    const history = simulate({ seed: 1 });
    const fault = {
      kind: 'fault' as const,
      at: 5,
      startedAt: 2,
      fault: 'drop hints',
      target: 'redis',
      effect: null,
    };
    const dull = [...history.slice(0, 1), fault, ...history.slice(1)];
    expect(faultsWithoutEffect(history)).toEqual([]);
    expect(faultsWithoutEffect(dull)).toEqual([fault]);
    expect(figures(dull).faults['drop hints']).toEqual({ injected: 1, withoutEffect: 1 });
    expect(check(dull)).toEqual([]);
  });

  test('records long strings by their length and hash, so that equal data stays equal', () => {
    const data = (text: string): object => ({ list: [{ text, n: 1 }], none: null });
    const long = 'é'.repeat(100_000);
    expect(shrunk(data('short'))).toEqual(data('short'));
    expect(shrunk(data(long))).toEqual(shrunk(data(long)));
    expect(shrunk(data(long))).not.toEqual(shrunk(data(`${long.slice(1)}e`)));
    expect(JSON.stringify(shrunk(data(long))).length).toBeLessThan(200);
  });

  test('counts what a run amounts to', () => {
    const counted = figures(simulate({ seed: 2, steps: 600 }));
    expect(counted.deliveries).toBeGreaterThan(counted.changes);
    expect(counted.duplicates).toBeGreaterThan(0);
    const byFault = Object.values(counted.duplicatesByFault).reduce((sum, n) => sum + n, 0);
    expect(byFault).toBe(counted.duplicates);
    expect(counted.unknown.publish).toBeGreaterThan(0);
    expect(counted.longestStall?.ms).toBeGreaterThan(0);
    expect(figureRows(counted)).toContainEqual(['duplicates delivered', counted.duplicates]);
  });

  test('says the same of a history that was saved and read again', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-history-'));
    try {
      const patient = patientOf(3);
      patient.final.consumers.pop();
      const path = join(folder, 'history.ndjson');
      saveHistory(patient.entries, path);
      expect(loadHistory(path)).toEqual(patient.entries);
      expect(check(loadHistory(path))).toEqual(check(patient.entries as HistoryEntry[]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
