import { asBigint, asText, orNull } from '../platform/platform.js';
import type { Database, Transaction } from '../platform/platform.js';
import type { LogSql } from './consumer-store.js';

/** How many of the newest actions are kept: a hub that missed more re-reads all of its consumers. */
const KEPT = 10_000;

/**
 * Operator actions: what is done to a consumer and must be known at every hub before that hub delivers changes that are
 * recorded later, as a redrive, a pause or a deletion. A rejection that must ask how far another hub's session has sent
 * records one too. The log counts them in the order of its appends, and this room keeps
 * which consumer each was done to, so that a hub re-reads only consumers that it has to.
 */
export class Actions {
  constructor(
    readonly database: Database,
    readonly log: LogSql,
  ) {}

  /** The last statements of the action's own transaction; answers its number. */
  *record(consumer: string): Transaction<bigint> {
    const [row] = yield { sql: this.log.countAction };
    const number = asBigint(row?.actions);
    yield {
      sql: 'insert into consumer_action (number, consumer) values ($1, $2)',
      parameters: [number, consumer],
    };
    yield { sql: 'delete from consumer_action where number <= $1', parameters: [number - BigInt(KEPT)] };
    return number;
  }

  /** The consumers that something was done to after the action of this number; null: so many that not all are kept. */
  async since(number: bigint): Promise<ReadonlySet<string> | null> {
    const rows = await this.database.read(
      'select number, consumer from consumer_action where number > $1 order by number',
      [number],
    );
    const first = orNull(rows[0]?.number, asBigint);
    if (first !== null && first > number + 1n) return null;
    return new Set(rows.map((row) => asText(row.consumer)));
  }
}
