import { EntitySchema } from 'typeorm';

/**
 * A change that a consumer rejected, or one of the same key that waits behind it; the port of this room says which states
 * there are and how they follow each other.
 */
const rejectionTable = (): EntitySchema =>
  new EntitySchema({
    name: 'rejection',
    columns: {
      /** The consumer's id, which no later consumer has. */
      consumer: { type: 'bigint', primary: true },
      position: { type: 'bigint', primary: true },
      collection: { type: 'text' },
      key: { type: 'text' },
      /** Against the consumer's filter when it was delivered. */
      scope: { type: 'text' },
      /** WAITING (held, due or out), DEAD or SETTLED. */
      state: { type: 'text' },
      reason: { type: 'text' },
      /** How often it was tried and rejected since it began, or since it was redriven. */
      attempts: { type: 'integer' },
      /** The number that its next delivery has: 2, 3 … */
      next_attempt: { type: 'integer' },
      /**
       * In the cursor of its next delivery: the consumer's revision when that was planned, so that a cursor of an earlier
       * one has another ticket.
       */
      ticket: { type: 'bigint' },
      /** The consumer's count of seeks then: what was sent before a seek no longer counts. */
      seeks: { type: 'bigint' },
      /** When it is due; null unless it is the first of its key that waits. */
      next_attempt_at: { type: 'bigint', nullable: true },
      /** The session (epoch) that it is out to; null, or that of a session that is over: to none. */
      out_epoch: { type: 'bigint', nullable: true },
      /** The number, within that session, of the claim that took it; counts only while it is out. */
      out_claim: { type: 'bigint', nullable: true },
      /** Later changes of its key may have been sent by a session that had not heard of the rejection. */
      unheard: { type: 'boolean' },
      at: { type: 'bigint' },
    },
    indices: REJECTION_INDEXES,
  });

/**
 * Each finds a handful of rows among many: what waits of a key, what is due, what is out, what is unheard, what is settled.
 * PostgreSQL's index rows hold 2,704 bytes; collection and key of the greatest lengths that may be configured fit.
 */
export const REJECTION_INDEXES = [
  {
    name: 'rejection_waiting',
    columns: ['consumer', 'collection', 'key', 'position'],
    where: "state = 'WAITING'",
  },
  {
    name: 'rejection_head',
    columns: ['consumer', 'collection', 'key'],
    where: 'next_attempt_at is not null',
  },
  { name: 'rejection_due', columns: ['consumer', 'next_attempt_at'], where: 'next_attempt_at is not null' },
  { name: 'rejection_out', columns: ['consumer', 'out_epoch'], where: 'out_epoch is not null' },
  { name: 'rejection_unheard', columns: ['consumer', 'position'], where: 'unheard' },
  { name: 'rejection_settled', columns: ['consumer', 'position'], where: "state = 'SETTLED'" },
];

/** The tables of this room. */
export const retryEntities = (): EntitySchema[] => [rejectionTable()];
