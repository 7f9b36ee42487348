import type { Filter, StartAt } from '../history.js';

/** How a consumer behaves beside subscribing, receiving and acknowledging. Chances are per tick. */
export interface Habits {
  /** Which hub it acknowledges at, seen from that of its session. */
  readonly acknowledges: 'here' | 'elsewhere' | 'anywhere';
  /** Its process dies. */
  readonly crashes?: number;
  /** It closes in order and comes back. */
  readonly leaves?: number;
  /** It subscribes again, elsewhere, while its session lives. */
  readonly takesOver?: number;
  /** It stops reading for a while. */
  readonly stopsReading?: number;
  readonly seeks?: number;
  readonly pauses?: number;
  /** It cannot process a change: per batch. What came again fails more often. */
  readonly rejects?: number;
  /** It keeps a copy of what matches; not with takesOver, as what comes of two sessions at once is in no order. */
  readonly copies?: true;
}

export interface Profile {
  readonly name: string;
  /** No durable consumer: it resumes by the cursor that it keeps itself. */
  readonly anonymous?: true;
  readonly startAt: Extract<StartAt, 'EARLIEST' | 'LATEST' | 'SNAPSHOT'>;
  readonly filter: Filter | null;
  readonly batchSize: number;
  readonly maxInFlight: number;
  readonly habits: Habits;
}

/** The consumers of a round. */
export const PROFILES: readonly Profile[] = [
  {
    ...{ name: 'everything', startAt: 'EARLIEST', filter: null, batchSize: 50, maxInFlight: 500 },
    habits: { acknowledges: 'anywhere', crashes: 0.02, leaves: 0.01, takesOver: 0.01 },
  },
  {
    ...{
      name: 'orders',
      startAt: 'LATEST',
      filter: { collections: ['orders'] },
      batchSize: 20,
      maxInFlight: 60,
    },
    habits: { acknowledges: 'here', takesOver: 0.04 },
  },
  {
    ...{ name: 'open', startAt: 'SNAPSHOT', batchSize: 10, maxInFlight: 200 },
    filter: { collections: ['orders', 'parts'], where: [{ field: 'status', eq: 'open' }] },
    habits: { acknowledges: 'here', crashes: 0.02, copies: true },
  },
  {
    ...{ name: 'copy', startAt: 'SNAPSHOT', filter: null, batchSize: 100, maxInFlight: 1_000 },
    habits: { acknowledges: 'anywhere', leaves: 0.02, crashes: 0.01, copies: true },
  },
  {
    ...{
      name: 'not crm',
      startAt: 'EARLIEST',
      filter: { excludeSources: ['crm'] },
      batchSize: 30,
      maxInFlight: 90,
    },
    habits: { acknowledges: 'elsewhere', leaves: 0.01 },
  },
  {
    ...{
      name: 'amounts',
      startAt: 'EARLIEST',
      filter: { changedFields: ['amount'] },
      batchSize: 7,
      maxInFlight: 20,
    },
    habits: { acknowledges: 'here', stopsReading: 0.04 },
  },
  {
    ...{
      name: 'seeker',
      startAt: 'EARLIEST',
      filter: { collections: ['bins'] },
      batchSize: 25,
      maxInFlight: 100,
    },
    habits: { acknowledges: 'anywhere', seeks: 0.03, crashes: 0.01 },
  },
  {
    ...{ name: 'large', startAt: 'EARLIEST', batchSize: 15, maxInFlight: 45 },
    filter: { where: [{ field: 'amount', gte: 5 }] },
    habits: { acknowledges: 'anywhere', pauses: 0.03, crashes: 0.01 },
  },
  {
    ...{
      name: 'deletes',
      startAt: 'EARLIEST',
      filter: { operations: ['DELETE'] },
      batchSize: 5,
      maxInFlight: 10,
    },
    habits: { acknowledges: 'elsewhere', crashes: 0.01, takesOver: 0.02 },
  },
  {
    ...{
      name: 'careful',
      startAt: 'EARLIEST',
      filter: { collections: ['parts'] },
      batchSize: 10,
      maxInFlight: 80,
    },
    habits: { acknowledges: 'anywhere', rejects: 0.06, crashes: 0.01, takesOver: 0.01 },
  },
  {
    ...{ name: 'picky', startAt: 'LATEST', batchSize: 4, maxInFlight: 40 },
    filter: { where: [{ field: 'status', ne: 'open' }] },
    habits: { acknowledges: 'here', rejects: 0.04, leaves: 0.01 },
  },
  {
    ...{ name: 'look at everything', anonymous: true, startAt: 'EARLIEST', filter: null },
    ...{ batchSize: 40, maxInFlight: 1_000 },
    habits: { acknowledges: 'here', crashes: 0.02, stopsReading: 0.01 },
  },
  {
    ...{ name: 'look at held', anonymous: true, startAt: 'EARLIEST', batchSize: 3, maxInFlight: 1_000 },
    filter: { where: [{ field: 'status', in: ['held', 'closed'] }] },
    habits: { acknowledges: 'here', crashes: 0.02, leaves: 0.01 },
  },
];
