import { EntitySchema } from 'typeorm';
import type { Dialect } from '../platform/platform.js';
import { REJECTION_INDEXES } from './migrations.js';

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
      /** Counts what happened to its rejections: a session that knows an older count looks anew. */
      rejections: { type: 'bigint', default: 0 },
      /** What the hub that holds the session last reported, and when; null: no session. */
      in_flight: { type: 'integer' },
      reported_at: { type: 'bigint', nullable: true },
    },
  });

/**
 * A change that a consumer rejected, or one of the same key that waits behind it.
 *
 * WAITING: it comes again; the first of its key has next_attempt_at, those behind it have none · DEAD: set aside ·
 * SETTLED: done with, kept only until the consumer's cursor has passed it, so that it is not delivered once more.
 */
const rejectionTable = (dialect: Dialect): EntitySchema =>
  new EntitySchema({
    name: 'rejection',
    columns: {
      consumer: { type: 'text', primary: true, ...(dialect === 'postgres' ? { collation: 'C' } : {}) },
      position: { type: 'bigint', primary: true },
      collection: { type: 'text' },
      key: { type: 'text' },
      /** Against the consumer's filter when it was delivered. */
      scope: { type: 'text' },
      state: { type: 'text' },
      reason: { type: 'text' },
      /** How often it was tried. */
      attempts: { type: 'integer' },
      /** In the cursor of its next attempt: an acknowledgement of an earlier attempt has another one. */
      ticket: { type: 'bigint' },
      /** The consumer's count of seeks then: what was sent before a seek no longer counts. */
      seeks: { type: 'bigint' },
      next_attempt_at: { type: 'bigint', nullable: true },
      /** The session that it is out to; null, or that of a session that is over: to none. */
      out_epoch: { type: 'bigint', nullable: true },
      /** Later changes of its key may have been sent by a session that has not heard of it yet. */
      unheard: { type: 'boolean' },
      at: { type: 'bigint' },
    },
    indices: REJECTION_INDEXES,
  });

/** The tables of this room in one kind of database. */
export const ackEntities = (dialect: Dialect): EntitySchema[] => [
  consumerTable(dialect),
  rejectionTable(dialect),
];
