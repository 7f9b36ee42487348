import type { Dialect } from './database.js';

/** SQL for milliseconds since 1970 by the database's clock, on which hubs agree whatever their own clocks say. */
export const nowSql = (dialect: Dialect): string =>
  dialect === 'sqlite'
    ? `cast(unixepoch('subsec') * 1000 as integer)`
    : 'cast(extract(epoch from clock_timestamp()) * 1000 as bigint)';
