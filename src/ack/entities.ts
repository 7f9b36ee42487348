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
      /** Never given twice: what points at a consumer that was deleted does not point at a later one of the same name. */
      id: { type: dialect === 'sqlite' ? 'integer' : 'bigint', primary: true, generated: 'increment' },
      // Ordered by its bytes, whatever the locale of a PostgreSQL server.
      name: { type: 'text', ...(dialect === 'postgres' ? { collation: 'C' } : {}) },
      /** Counts sessions: the newest owns the consumer; older ones change nothing. */
      epoch: { type: 'bigint' },
      /** Acknowledged up to here, which is the change with this hash. */
      position: { type: 'bigint' },
      hash: { type: 'text' },
      /** Up to here it gets a snapshot; null: the log itself. */
      snapshot_until: { type: 'bigint', nullable: true },
      /** Changes that were recorded before this time are passed over; null: none is. */
      not_before: { type: 'bigint', nullable: true },
      /** Counts how often it was sought: what was sent before the last time no longer counts. */
      seeks: { type: 'bigint' },
      /** Counts what is done to it besides sessions and acknowledgements: of two records the higher count is newer. */
      revision: { type: 'bigint' },
      /** The filter as JSON text. */
      filter: { type: 'text' },
      max_attempts: { type: 'integer' },
      paused: { type: 'boolean' },
      created_at: { type: 'bigint' },
      acknowledged_at: { type: 'bigint', nullable: true },
      /** What the hub that holds the session last reported, and when; null: no session. */
      in_flight: { type: 'integer' },
      reported_at: { type: 'bigint', nullable: true },
      /** The session: the name of its hub, when it began, the peer of its socket, and how it got on by then. */
      session_hub: { type: 'text', nullable: true },
      session_since: { type: 'bigint', nullable: true },
      session_address: { type: 'text', nullable: true },
      session_state: { type: 'text', nullable: true },
      /** The cursor of the newest batch that was sent by then. */
      sent: { type: 'bigint' },
      /**
       * The furthest cursor that any of its sessions ever sent, as far as their hubs reported it: never lowered, not by a seek
       * either. Exact where all sessions ended in order.
       */
      reach: { type: 'bigint' },
      /** The count of operator actions that the session knew of by then. */
      heard: { type: 'bigint' },
    },
    uniques: [{ name: 'consumer_name', columns: ['name'] }],
  });

/** The newest operator actions: which consumer each was done to. */
const actionTable = (): EntitySchema =>
  new EntitySchema({
    name: 'consumer_action',
    columns: {
      /** The count of actions that it made. */
      number: { type: 'bigint', primary: true },
      consumer: { type: 'text' },
    },
  });

/** The tables of this room in one kind of database. */
export const ackEntities = (dialect: Dialect): EntitySchema[] => [consumerTable(dialect), actionTable()];
