/**
 * The table of options: everything that can be configured, once. The type of the configuration, its parsing, the help text
 * and the table in docs/configuration.md are made from it (`npm run docs` writes the latter).
 */
import { z } from 'zod';
import type { Option } from './option.js';
import { databaseUrl, origins, pattern, redisUrl, whole } from './schemas.js';

const MIB = 1_024 * 1_024;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every option, by the name of its environment variable. */
export const OPTIONS = {
  HOST: {
    path: 'host',
    about: 'Address to listen on',
    default: '127.0.0.1',
    unit: null,
    schema: z.string().describe('an IP address or a host name'),
  },
  PORT: {
    path: 'port',
    about: 'Port to listen on; 0 selects a free port',
    default: 4_000,
    unit: null,
    schema: whole(0, 65_535),
  },
  ALLOWED_ORIGINS: {
    path: 'allowedOrigins',
    about:
      'Origins of web pages that may use the hub, besides its own; their hosts are also names by which a hub on loopback may be called',
    default: null,
    unit: null,
    schema: origins,
  },
  DATABASE_URL: {
    path: 'databaseUrl',
    about: 'Database that keeps the log; on PostgreSQL in the schema tidemark unless another is named',
    default: 'sqlite:./tidemark.db',
    unit: null,
    schema: databaseUrl,
  },
  REDIS_URL: {
    path: 'redisUrl',
    about:
      'Redis through which hubs announce changes to each other; without it, hubs find the changes of other hubs by polling',
    default: null,
    unit: null,
    schema: redisUrl,
  },
  LOG_LEVEL: {
    path: 'logLevel',
    about: 'Lowest level of the log lines that are written to standard output',
    default: 'info',
    unit: null,
    schema: z
      .enum(LOG_LEVELS, { error: `is not one of ${LOG_LEVELS.join(', ')}` })
      .describe(LOG_LEVELS.join(', ')),
  },
  MAX_BODY_BYTES: {
    path: 'limits.bodyBytes',
    about: 'Size limit of an HTTP request body and of a WebSocket message',
    default: 4 * MIB,
    unit: 'bytes',
    schema: whole(1_024, 1_024 * MIB),
  },
  MAX_CHANGES_PER_CALL: {
    path: 'limits.changesPerCall',
    about: 'Limit of the changes in one publish call',
    default: 1_000,
    unit: 'changes',
    schema: whole(1, 5_000),
  },
  MAX_CALL_BYTES: {
    path: 'limits.producedBytes',
    about:
      'Size limit of what one publish call may record and answer: entities before and after each change, and headers',
    default: 16 * MIB,
    unit: 'bytes',
    schema: whole(1_024, 1_024 * MIB),
  },
  MAX_DATA_BYTES: {
    path: 'limits.dataBytes',
    about: "Size limit of one change's data as JSON, and of the entity that results from a PATCH",
    default: 256 * 1_024,
    unit: 'bytes',
    schema: whole(2, 64 * MIB),
  },
  MAX_DATA_DEPTH: {
    path: 'limits.dataDepth',
    about: 'Limit of nested objects and arrays in data and headers',
    default: 64,
    unit: 'levels',
    schema: whole(1, 1_000),
  },
  MAX_NAME_LENGTH: {
    path: 'limits.nameLength',
    about: 'Length limit of the name of a collection, source or consumer',
    default: 200,
    unit: 'UTF-16 units',
    schema: whole(1, 250),
  },
  MAX_KEY_LENGTH: {
    path: 'limits.keyLength',
    about: "Length limit of an entity's key and of a change's sourceId",
    default: 500,
    unit: 'UTF-16 units',
    schema: whole(1, 600),
  },
  NAME_PATTERN: {
    path: 'limits.namePattern',
    about:
      'Regular expression that the names of collections, sources and consumers must match; without it, any printable text is a name',
    default: null,
    unit: null,
    schema: pattern,
  },
  MAX_WAITING_CHANGES: {
    path: 'limits.waitingChanges',
    about: 'Limit of the changes that wait for their commit; publish answers OVERLOADED beyond it',
    default: 50_000,
    unit: 'changes',
    schema: whole(1, 10_000_000),
  },
  MAX_WAITING_BYTES: {
    path: 'limits.waitingBytes',
    about: 'Limit of the data and headers that wait for their commit; publish answers OVERLOADED beyond it',
    default: 64 * MIB,
    unit: 'bytes',
    schema: whole(1, 16_384 * MIB),
  },
  POLL_MS: {
    path: 'pollMs',
    about: "Interval at which the hub reads the log's end, to find changes that were not announced to it",
    default: 250,
    unit: 'ms',
    schema: whole(10, 60_000),
  },
  TAIL_BYTES: {
    path: 'tailBytes',
    about: 'Size of the newest changes that are kept in memory',
    default: 64 * MIB,
    unit: 'bytes',
    schema: whole(0, 16_384 * MIB),
  },
  DATABASE_POOL: {
    path: 'poolSize',
    about: 'Limit of the connections to PostgreSQL',
    default: 10,
    unit: 'connections',
    schema: whole(2, 1_000),
  },
  SOCKET_BUFFER_BYTES: {
    path: 'sockets.bufferBytes',
    about: 'Unsent data of one WebSocket above which its subscriptions pause',
    default: MIB,
    unit: 'bytes',
    schema: whole(1_024, 1_024 * MIB),
  },
  SOCKET_STALLED_MS: {
    path: 'sockets.stalledMs',
    about: 'Time after which a WebSocket is closed whose client has data to read and reads none of it',
    default: 60_000,
    unit: 'ms',
    schema: whole(100, 3_600_000),
  },
  PING_MS: {
    path: 'sockets.pingMs',
    about: 'Interval between pings of a WebSocket; it is closed when one is not answered before the next',
    default: 12_000,
    unit: 'ms',
    schema: whole(100, 3_600_000),
  },
  RETRY_FIRST_MS: {
    path: 'backoff.firstMs',
    about:
      'Longest time until a rejected change is delivered again for the first time; it doubles with every attempt',
    default: 1_000,
    unit: 'ms',
    schema: whole(1, 86_400_000),
  },
  RETRY_LONGEST_MS: {
    path: 'backoff.longestMs',
    about: 'Longest time between two deliveries of a rejected change',
    default: 300_000,
    unit: 'ms',
    schema: whole(1, 604_800_000),
  },
  DRAIN_MS: {
    path: 'drainMs',
    about: 'Time that requests and connections have to finish when the hub stops',
    default: 10_000,
    unit: 'ms',
    schema: whole(0, 600_000),
  },
} as const satisfies Record<string, Option>;

export type OptionName = keyof typeof OPTIONS;

/** All options in the order of the table. */
export const optionList = Object.entries(OPTIONS) as readonly (readonly [OptionName, Option])[];

type Table = typeof OPTIONS;

/** What reading the option yields: its schema's output, and null where that is its default. */
type ValueOf<O extends Option> = z.output<O['schema']> | (O['default'] extends null ? null : never);

type TopLevel = {
  readonly [
    N in OptionName as Table[N]['path'] extends `${string}.${string}` ? never : Table[N]['path']
  ]: ValueOf<Table[N]>;
};

type GroupName = Table[OptionName]['path'] extends infer P
  ? P extends `${infer G}.${string}`
    ? G
    : never
  : never;

type Group<G extends string> = {
  readonly [N in OptionName as Table[N]['path'] extends `${G}.${infer P}` ? P : never]: ValueOf<Table[N]>;
};

/** The values of all options, each at its path. */
export type Values = TopLevel & { readonly [G in GroupName]: Group<G> };
