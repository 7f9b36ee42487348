/**
 * Configuration: one table of options, read from the environment once, checked, and handed down. A wrong value stops the
 * start with one line that names it.
 */
import { z } from 'zod';
import type { Limits } from '../model/limits.js';
import { parseRedisUrl, RedisUrlError } from './redis-url.js';

export { parseRedisUrl } from './redis-url.js';
export type { RedisTarget } from './redis-url.js';

/** A wrong environment value; the message is one line for the person who starts the hub. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface Config {
  readonly host: string;
  readonly port: number;
  /** `sqlite:path` or `postgres://…`. */
  readonly databaseUrl: string;
  /** Null: no Redis, the signal stays in this process. */
  readonly redisUrl: string | null;
  readonly logLevel: string;
  readonly limits: Limits;
  /** Milliseconds between looks at the log's end. */
  readonly pollMs: number;
  /** Bytes of newest changes kept in memory. */
  readonly tailBytes: number;
  /** Connections to PostgreSQL at most. */
  readonly poolSize: number;
  /** Bytes that may wait in one socket before its subscriptions pause. */
  readonly socketBufferBytes: number;
  /** Milliseconds after which a socket is closed of which nothing is read, though there is something to read. */
  readonly socketStalledMs: number;
  /** Milliseconds between pings of an open socket; one without an answer by the next is closed. */
  readonly pingMs: number;
  /** How long a rejected change waits before it comes again, in milliseconds. */
  readonly backoff: { readonly firstMs: number; readonly longestMs: number };
  /** Milliseconds that a graceful stop may take. */
  readonly drainMs: number;
}

/** One option: its environment variable, what it means, how it is checked, and what holds where it is absent. */
interface Option {
  readonly about: string;
  readonly fallback: string;
  readonly schema: z.ZodType;
}

const whole = (least: number, most: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,15}$/, `is not a whole number; give ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is out of range; give ${least} to ${most}`);

const MIB = 1_024 * 1_024;

/** Every option there is, by the name of its environment variable. */
export const OPTIONS = {
  HOST: {
    about: 'Address to listen on',
    fallback: '127.0.0.1',
    schema: z.string().min(1, 'is empty; give an address'),
  },
  PORT: { about: 'Port to listen on; 0 takes a free one', fallback: '4000', schema: whole(0, 65_535) },
  DATABASE_URL: {
    about: 'Where the log is kept: sqlite:path or postgres://…',
    fallback: 'sqlite:./tidemark.db',
    schema: z
      .string()
      .regex(
        /^(sqlite:(?!:memory:).+|postgres(ql)?:\/\/.+)$/,
        'is neither sqlite:path nor postgres://user@host/database',
      ),
  },
  REDIS_URL: {
    about:
      'Redis that tells hubs of each other: redis://…, redis+sentinel://…/master or redis+cluster://…, with TLS ' +
      'rediss…; absent: hubs find out of each other by polling',
    fallback: '',
    schema: z.string().superRefine(checkRedisUrl),
  },
  LOG_LEVEL: {
    about: 'How much is logged',
    fallback: 'info',
    schema: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      error: 'is none of trace, debug, info, warn, error, fatal, silent',
    }),
  },
  MAX_BODY_BYTES: {
    about: 'Bytes of one request or message',
    fallback: String(4 * MIB),
    schema: whole(1_024, 1_024 * MIB),
  },
  MAX_CHANGES_PER_CALL: { about: 'Changes in one publish', fallback: '1000', schema: whole(1, 5_000) },
  MAX_DATA_BYTES: {
    about: "Bytes of one change's data as JSON",
    fallback: String(256 * 1_024),
    schema: whole(2, 64 * MIB),
  },
  MAX_DATA_DEPTH: { about: 'Levels of nesting in data', fallback: '64', schema: whole(1, 1_000) },
  MAX_NAME_LENGTH: {
    about: 'Characters of a collection, source or consumer',
    fallback: '200',
    schema: whole(1, 250),
  },
  MAX_KEY_LENGTH: {
    about: "Characters of an entity's key or a change's id",
    fallback: '500',
    schema: whole(1, 600),
  },
  NAME_PATTERN: {
    about:
      'Regular expression that collections, sources and consumers must match; absent: any printable text',
    fallback: '',
    schema: z.string().refine(isPattern, 'is no regular expression'),
  },
  MAX_WAITING_CHANGES: {
    about: 'Changes that may wait for a commit',
    fallback: '50000',
    schema: whole(1, 10_000_000),
  },
  MAX_WAITING_BYTES: {
    about: 'Bytes that may wait for a commit',
    fallback: String(64 * MIB),
    schema: whole(1, 16_384 * MIB),
  },
  POLL_MS: {
    about: "Milliseconds between looks at the log's end",
    fallback: '250',
    schema: whole(10, 60_000),
  },
  TAIL_BYTES: {
    about: 'Bytes of newest changes kept in memory',
    fallback: String(64 * MIB),
    schema: whole(0, 16_384 * MIB),
  },
  DATABASE_POOL: { about: 'Connections to PostgreSQL at most', fallback: '10', schema: whole(2, 1_000) },
  SOCKET_BUFFER_BYTES: {
    about: 'Bytes that may wait in one socket before its subscriptions pause',
    fallback: String(MIB),
    schema: whole(1_024, 1_024 * MIB),
  },
  SOCKET_STALLED_MS: {
    about:
      'Milliseconds after which a socket of which nothing is read, though there is something to read, is closed',
    fallback: '60000',
    schema: whole(100, 3_600_000),
  },
  PING_MS: {
    about: 'Milliseconds between pings of a socket; one that does not answer is closed',
    fallback: '12000',
    schema: whole(100, 3_600_000),
  },
  RETRY_FIRST_MS: {
    about:
      'Milliseconds until a rejected change comes again the first time, at most; doubles with every attempt',
    fallback: '1000',
    schema: whole(1, 86_400_000),
  },
  RETRY_LONGEST_MS: {
    about: 'Milliseconds between attempts at most',
    fallback: '300000',
    schema: whole(1, 604_800_000),
  },
  DRAIN_MS: {
    about: 'Milliseconds that a graceful stop may take',
    fallback: '10000',
    schema: whole(0, 600_000),
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;
/** Values by the names of their environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads and checks the configuration; an empty value counts as absent.
 * @throws ConfigError that names the first wrong value
 */
export function readConfig(environment: Environment): Config {
  const value = <N extends OptionName>(name: N): z.output<(typeof OPTIONS)[N]['schema']> => {
    const { fallback, schema } = OPTIONS[name];
    const given = environment[name]?.trim();
    const result = schema.safeParse(given === undefined || given === '' ? fallback : given);
    if (result.success) return result.data as z.output<(typeof OPTIONS)[N]['schema']>;
    throw new ConfigError(
      `${name} ${result.error.issues[0]?.message ?? 'is not allowed'}${shown(name, given)}.`,
    );
  };
  const pattern = value('NAME_PATTERN');
  return {
    host: value('HOST'),
    port: value('PORT'),
    databaseUrl: value('DATABASE_URL'),
    redisUrl: value('REDIS_URL') || null,
    logLevel: value('LOG_LEVEL'),
    limits: {
      bodyBytes: value('MAX_BODY_BYTES'),
      changesPerCall: value('MAX_CHANGES_PER_CALL'),
      dataBytes: value('MAX_DATA_BYTES'),
      dataDepth: value('MAX_DATA_DEPTH'),
      nameLength: value('MAX_NAME_LENGTH'),
      keyLength: value('MAX_KEY_LENGTH'),
      namePattern: pattern === '' ? null : new RegExp(pattern, 'u'),
      waitingChanges: value('MAX_WAITING_CHANGES'),
      waitingBytes: value('MAX_WAITING_BYTES'),
    },
    pollMs: value('POLL_MS'),
    tailBytes: value('TAIL_BYTES'),
    poolSize: value('DATABASE_POOL'),
    socketBufferBytes: value('SOCKET_BUFFER_BYTES'),
    socketStalledMs: value('SOCKET_STALLED_MS'),
    pingMs: value('PING_MS'),
    backoff: { firstMs: value('RETRY_FIRST_MS'), longestMs: value('RETRY_LONGEST_MS') },
    drainMs: value('DRAIN_MS'),
  };
}

/** The wrong value itself, unless it may hold a password. */
const shown = (name: OptionName, given: string | undefined): string =>
  name.endsWith('_URL') ? '' : ` (it is ${JSON.stringify(given)})`;

function checkRedisUrl(url: string, context: z.RefinementCtx): void {
  try {
    if (url !== '') parseRedisUrl(url);
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
  }
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
