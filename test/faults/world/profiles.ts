import { Dice } from '../../promises/support/dice.js';
import type { Filter, StartAt } from '../history.js';
import { choices } from './filter-kinds.js';
import type { Choice } from './filter-kinds.js';

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
  /** It is deleted and made again: per tick. */
  readonly remakes?: number;
  /** Dead letters are discarded or redriven as soon as a change is dead, at a hub other than the session's. */
  readonly treatsAtOnce?: true;
  /**
   * It and another consumer of the same filter reject the same changes, once each, and ask for them again after so many
   * seconds: their rejections are numbered alike.
   */
  readonly rejectsLikeTwin?: number;
  /** Between two acknowledgements, in milliseconds. Default: 20 to 250. */
  readonly acknowledgesEvery?: readonly [least: number, most: number];
  /** It is made, and never subscribes. */
  readonly neverSubscribes?: true;
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
  /** The consumer is made by a call of its own. Default: its first subscription makes it, and the hub chooses. */
  readonly maxAttempts?: number;
  readonly habits: Habits;
}

/** Consumers of every round. */
const ALWAYS: readonly Profile[] = [
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
    ...{ name: 'large', startAt: 'EARLIEST', batchSize: 15, maxInFlight: 300 },
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
  {
    ...{ name: 'once', startAt: 'EARLIEST', batchSize: 5, maxInFlight: 40, maxAttempts: 1 },
    filter: { collections: ['bins'], keys: ['k0', 'k1', 'k2', 'k3'] },
    habits: { acknowledges: 'elsewhere', rejects: 0.3, treatsAtOnce: true, crashes: 0.01 },
  },
  {
    ...{ name: 'hauler', startAt: 'EARLIEST', filter: { collections: ['blobs'] } },
    ...{ batchSize: 3, maxInFlight: 300 },
    habits: { acknowledges: 'anywhere', stopsReading: 0.06, seeks: 0.03 },
  },
  {
    ...{ name: 'slow hand', startAt: 'EARLIEST', batchSize: 1, maxInFlight: 2 },
    filter: { collections: ['parts'], keys: ['k0'] },
    habits: { acknowledges: 'anywhere', acknowledgesEvery: [800, 2_000] },
  },
  {
    ...{ name: 'left twin', startAt: 'EARLIEST', batchSize: 5, maxInFlight: 100, maxAttempts: 5 },
    filter: { collections: ['orders'], keys: ['k0', 'k1', 'k2'] },
    habits: { acknowledges: 'here', rejectsLikeTwin: 0 },
  },
  {
    ...{ name: 'right twin', startAt: 'EARLIEST', batchSize: 5, maxInFlight: 100, maxAttempts: 5 },
    filter: { collections: ['orders'], keys: ['k0', 'k1', 'k2'] },
    habits: { acknowledges: 'here', rejectsLikeTwin: 2 },
  },
  {
    ...{ name: 'absent', startAt: 'EARLIEST', filter: null, batchSize: 10, maxInFlight: 10, maxAttempts: 3 },
    habits: { acknowledges: 'here', neverSubscribes: true },
  },
];

/** Of the kinds of filters a round takes so many with SNAPSHOT, and so many with another start. */
const SNAPSHOTS = 3;
const OTHERS = 1;
/** So many more are made again and again, with SNAPSHOT. */
const REMADE = 2;
const SALT = 7;

/** The consumers of a round: some are the same in every round, the filters of the others are chosen by the seed. */
export function profilesOf(seed: number): readonly Profile[] {
  const dice = new Dice(SALT, seed);
  const steady = choices(dice, SNAPSHOTS, OTHERS).map((choice) => chosen(choice, dice));
  const remade = choices(dice, REMADE, 0).map((choice, i) => remadeOf(choice, i + 1));
  return [...ALWAYS, ...steady, ...remade, restarted];
}

/** Slow enough that entities change while its snapshot is under way. */
const chosen = ({ name, startAt, filter }: Choice, dice: Dice): Profile => ({
  ...{ name, startAt, filter, batchSize: dice.between(1, 4), maxInFlight: dice.between(4, 12) },
  habits: {
    acknowledges: dice.pick(['here', 'elsewhere', 'anywhere'] as const),
    ...{ crashes: 0.01, copies: true },
  },
});

const remadeOf = ({ name, startAt, filter }: Choice, number: number): Profile => ({
  ...{ name: `remade ${number}: ${name}`, startAt, filter, batchSize: 2, maxInFlight: 6 },
  habits: { acknowledges: 'anywhere', remakes: 0.02, crashes: 0.005 },
});

const restarted: Profile = {
  ...{
    name: 'remade',
    startAt: 'EARLIEST',
    filter: { collections: ['parts'] },
    batchSize: 20,
    maxInFlight: 60,
  },
  habits: { acknowledges: 'elsewhere', remakes: 0.02, takesOver: 0.01 },
};
