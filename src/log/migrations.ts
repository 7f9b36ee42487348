import { randomUUID } from 'node:crypto';
import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner, TableColumnOptions } from 'typeorm';
import { GENESIS_HASH } from './chain.js';

const text = (name: string, options: Partial<TableColumnOptions> = {}): TableColumnOptions => ({
  name,
  type: 'text',
  isNullable: false,
  ...options,
});

/** Makes the log's tables, empty, with a new log id. */
export class CreateLog1790000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const { bigint, rowId, keyText } = types(queryRunner);
    await queryRunner.createTable(changeTable(bigint, rowId), true);
    await queryRunner.createTable(entityTable(bigint, keyText), true);
    await queryRunner.createTable(
      new Table({
        name: 'log_head',
        columns: [
          { name: 'one', type: 'integer', isPrimary: true },
          text('log_id'),
          bigint('position'),
          text('hash'),
          bigint('earliest'),
          bigint('recorded_at'),
          bigint('actions'),
        ],
      }),
      true,
    );
    await queryRunner.createTable(
      new Table({
        name: 'collection_stat',
        columns: [keyText('name'), bigint('entities'), bigint('changes')],
      }),
      true,
    );
    await queryRunner.createTable(
      new Table({
        name: 'source_stat',
        columns: [keyText('name'), bigint('changes'), bigint('last_change_at')],
      }),
      true,
    );
    // Not through a parameter: the two drivers write placeholders differently here, and neither value needs quoting.
    await queryRunner.query(
      `insert into log_head (one, log_id, position, hash, earliest, recorded_at, actions)
        values (1, '${randomUUID()}', 0, '${GENESIS_HASH}', 1, 0, 0)`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const name of ['source_stat', 'collection_stat', 'log_head', 'entity', 'change']) {
      await queryRunner.dropTable(name, true);
    }
  }
}

function changeTable(bigint: ColumnOf, rowId: string): Table {
  return new Table({
    name: 'change',
    columns: [
      { name: 'position', type: rowId, isPrimary: true },
      bigint('previous', { isNullable: true }),
      text('source_id'),
      text('collection'),
      text('key'),
      { name: 'version', type: 'integer' },
      text('operation'),
      text('source'),
      text('after', { isNullable: true }),
      text('undo', { isNullable: true }),
      text('digest'),
      text('headers', { isNullable: true }),
      text('salt'),
      text('payload_digest'),
      text('hash'),
      bigint('occurred_at'),
      bigint('recorded_at'),
    ],
    uniques: [{ name: 'change_source_id', columnNames: ['source', 'source_id'] }],
    indices: [{ name: 'change_collection_position', columnNames: ['collection', 'position'] }],
  });
}

const entityTable = (bigint: ColumnOf, keyText: ColumnOf): Table =>
  new Table({
    name: 'entity',
    columns: [
      keyText('collection'),
      keyText('key'),
      { name: 'version', type: 'integer' },
      text('data', { isNullable: true }),
      { name: 'deleted', type: 'boolean' },
      bigint('position'),
      text('hash'),
      text('source'),
      bigint('updated_at'),
    ],
  });

type ColumnOf = (name: string, options?: Partial<TableColumnOptions>) => TableColumnOptions;

/**
 * Where the databases differ: SQLite's `integer` primary key is the row's own id and holds 64 bits; in PostgreSQL the
 * order of keys must not depend on the server's locale.
 */
function types(queryRunner: QueryRunner): { bigint: ColumnOf; keyText: ColumnOf; rowId: string } {
  const sqlite = queryRunner.dataSource.options.type === 'better-sqlite3';
  return {
    rowId: sqlite ? 'integer' : 'bigint',
    bigint: (name, options = {}) => ({ name, type: 'bigint', ...options }),
    keyText: (name) => text(name, { isPrimary: true, ...(sqlite ? {} : { collation: 'C' }) }),
  };
}
