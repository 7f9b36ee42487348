/** The real data that the demo plays, as changes; see data/README.md for where it is from. */
import { readFileSync } from 'node:fs';
import type { ChangeInput } from './producer.js';

/** A report of an earthquake, with the fields that the demo itself looks at. */
interface Quake extends Record<string, unknown> {
  readonly id: string;
  /** The seismic network that reported it: a source of its own. */
  readonly network: string;
  readonly magnitude: number | null;
  /** When the network last touched the report. */
  readonly updated: string;
}

interface Airport extends Record<string, unknown> {
  readonly iata: string;
}

/** One report on its way. */
export interface Report {
  readonly source: string;
  readonly magnitude: number | null;
  readonly change: ChangeInput & { readonly occurredAt: string };
}

/** All airports; the code names the airport, and as nothing dates the record, also the change. */
export const airports = (): ChangeInput[] =>
  linesOf<Airport>('airports').map((airport) => ({
    ...{ collection: 'airports', key: airport.iata, write: 'UPSERT', data: airport },
    sourceId: airport.iata,
  }));

/**
 * One week of the earthquake feed, in the order in which the reports were updated. The sourceId of a change says which
 * report in which state, so a network that sends it again gives the same one by itself, even after it lost all memory.
 */
export const reports = (): Report[] =>
  linesOf<Quake>('earthquakes')
    .sort((a, b) => a.updated.localeCompare(b.updated))
    .map((quake) => ({
      source: quake.network,
      magnitude: quake.magnitude,
      change: {
        ...{ collection: 'quakes', key: quake.id, write: 'UPSERT', data: quake },
        sourceId: `${quake.id}@${quake.updated}`,
        occurredAt: quake.updated,
      },
    }));

function linesOf<T>(name: string): T[] {
  const text = readFileSync(new URL(`data/${name}.ndjson`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as T);
}
