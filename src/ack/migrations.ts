import { Table, TableColumn, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Makes the table of durable consumers. */
export class CreateConsumer1790000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The order of names must not depend on a PostgreSQL server's locale; SQLite orders by bytes already.
    const collation = queryRunner.dataSource.options.type === 'postgres' ? { collation: 'C' } : {};
    await queryRunner.createTable(
      new Table({
        name: 'consumer',
        columns: [
          { name: 'name', type: 'text', isPrimary: true, ...collation },
          { name: 'epoch', type: 'bigint' },
          { name: 'position', type: 'bigint' },
          { name: 'snapshot_until', type: 'bigint', isNullable: true },
          { name: 'seeks', type: 'bigint' },
          { name: 'filter', type: 'text' },
          { name: 'max_attempts', type: 'integer' },
          { name: 'paused', type: 'boolean' },
          { name: 'created_at', type: 'bigint' },
          { name: 'acknowledged_at', type: 'bigint', isNullable: true },
          { name: 'in_flight', type: 'integer' },
          { name: 'reported_at', type: 'bigint', isNullable: true },
        ],
      }),
      true,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('consumer', true);
  }
}

/** Each finds a handful of rows among many: what waits of a key, what is due, what is out, what is news, what is done with. */
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

/** Makes the table of rejected changes. */
export class AddRejection1790000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const collation = queryRunner.dataSource.options.type === 'postgres' ? { collation: 'C' } : {};
    await queryRunner.addColumn(
      'consumer',
      new TableColumn({ name: 'rejections', type: 'bigint', default: '0' }),
    );
    await queryRunner.createTable(
      new Table({
        name: 'rejection',
        columns: [
          { name: 'consumer', type: 'text', isPrimary: true, ...collation },
          { name: 'position', type: 'bigint', isPrimary: true },
          ...['collection', 'key', 'scope', 'state', 'reason'].map((name) => ({ name, type: 'text' })),
          { name: 'attempts', type: 'integer' },
          { name: 'ticket', type: 'bigint' },
          { name: 'seeks', type: 'bigint' },
          { name: 'next_attempt_at', type: 'bigint', isNullable: true },
          { name: 'out_epoch', type: 'bigint', isNullable: true },
          { name: 'unheard', type: 'boolean' },
          { name: 'at', type: 'bigint' },
        ],
      }),
      true,
    );
    for (const { name, columns, where } of REJECTION_INDEXES) {
      await queryRunner.createIndex('rejection', new TableIndex({ name, columnNames: columns, where }));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('rejection', true);
    await queryRunner.dropColumn('consumer', 'rejections');
  }
}
