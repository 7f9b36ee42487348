import { EntitySchema } from 'typeorm';
import type { Dialect } from '../platform/platform.js';

/**
 * A durable consumer. Times are milliseconds since 1970 by the database's clock, so that hubs with clocks that differ
 * agree on them.
 */
const consumerTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'consumer',
    columns: {
      // Ordered by its bytes, whatever the locale of a PostgreSQL server.
      name: { type: 'text', primary: true, ...(dialect === 'postgres' ? { collation: 'C' } : {}) },
      /** Counts sessions: whoever opened the newest owns the consumer; older ones change nothing. */
      epoch: { type: 'bigint' },
      /** Acknowledged up to here. */
      position: { type: 'bigint' },
      /** Up to here it gets a snapshot; null: the log itself. */
      snapshot_until: { type: 'bigint', nullable: true },
      /** Counts how often it was sought elsewhere: what was sent before that no longer counts. */
      seeks: { type: 'bigint' },
      /** The filter as JSON text. */
      filter: { type: 'text' },
      max_attempts: { type: 'integer' },
      paused: { type: 'boolean' },
      created_at: { type: 'bigint' },
      acknowledged_at: { type: 'bigint', nullable: true },
      /** What the hub that holds the session last reported, and when; null: no session. */
      in_flight: { type: 'integer' },
      reported_at: { type: 'bigint', nullable: true },
    },
  });

/** The tables of this room in one kind of database. */
export const ackEntities = (dialect: Dialect): EntitySchema[] => [consumerTable(dialect)];
