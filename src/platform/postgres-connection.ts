import { isNativeError } from 'node:util/types';
import type { PoolClient, QueryConfig, QueryResult } from 'pg';
import { HubError } from '../model/errors.js';
import type { Row } from './database.js';

/**
 * One connection that is lent out. A statement that times out, or during which the connection breaks, ends it at once: the
 * server may still be at work on it, so that a further statement would only wait. Nothing is asked on it again.
 */
export class PostgresConnection {
  #returned = false;

  constructor(readonly client: PoolClient) {}

  /** Whether it is still lent; false once it was given back or ended. */
  get isOpen(): boolean {
    return !this.#returned;
  }

  /** Runs one statement. @throws the driver's error; the connection is then ended where it was lost */
  async query(statement: string | QueryConfig, values?: unknown[]): Promise<QueryResult<Row>> {
    if (this.#returned) throw new Error('Connection terminated: an earlier statement on it was lost.');
    try {
      return await this.client.query<Row>(statement as string, values);
    } catch (error) {
      if (isConnectionLost(error)) this.end();
      throw error;
    }
  }

  /** Ends the transaction without effect. With a connection that was ended, its transaction is over as well. */
  async rollback(): Promise<void> {
    if (this.isOpen) await this.query('rollback').catch(() => this.end());
  }

  /** Gives the connection back to the pool, unless it was ended. */
  giveBack(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.client.release();
  }

  /** Ends the connection; the pool makes another one when it needs it. */
  end(): void {
    if (this.#returned) return;
    this.#returned = true;
    this.client.release(true);
  }
}

/**
 * Whether an error says that the server or the way to it is gone, or that it cannot take work now: no SQLSTATE (socket
 * errors, time-outs), class 08 (connection), 53 (out of resources), 57 (operator intervention), 58 (system error),
 * a server that turned read-only (25006), and a transaction that it ended because it was idle for too long (25P03).
 * Source: PostgreSQL manual, appendix A.
 */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof HubError) return false;
  // Not instanceof: under a test runner or in a vm context there are two Error classes, and sockets throw the other.
  if (!isNativeError(error)) return false;
  const { code } = error as { code?: unknown };
  if (isSqlState(code)) return /^(08|53|57|58|25006|25P03)/.test(code);
  if (typeof code === 'string') return /^E[A-Z]+$/.test(code);
  return /timeout|terminated|not queryable|Client was closed|Cannot use a pool|connection/i.test(
    error.message,
  );
}

/**
 * Whether the server rolled a transaction back because of another one (class 40: deadlock, serialization failure): nothing
 * of it was done, the connection is whole, and the same call may succeed when it is sent again.
 */
export function isRolledBack(error: unknown): boolean {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return isSqlState(code) && code.startsWith('40');
}

const isSqlState = (code: unknown): code is string => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
