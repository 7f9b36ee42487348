import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Makes the tables of durable consumers. */
export class CreateConsumer1800000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    const postgres = queryRunner.dataSource.options.type === 'postgres';
    // The order of names must not depend on a PostgreSQL server's locale; SQLite orders by bytes already.
    const collation = postgres ? { collation: 'C' } : {};
    await queryRunner.createTable(
      new Table({
        name: 'consumer',
        columns: [
          {
            ...{ name: 'id', type: postgres ? 'bigint' : 'integer', isPrimary: true },
            ...{ isGenerated: true, generationStrategy: 'increment' },
          },
          { name: 'name', type: 'text', ...collation },
          { name: 'epoch', type: 'bigint' },
          { name: 'position', type: 'bigint' },
          { name: 'hash', type: 'text' },
          { name: 'snapshot_until', type: 'bigint', isNullable: true },
          { name: 'not_before', type: 'bigint', isNullable: true },
          { name: 'seeks', type: 'bigint' },
          { name: 'revision', type: 'bigint' },
          { name: 'filter', type: 'text' },
          { name: 'max_attempts', type: 'integer' },
          { name: 'paused', type: 'boolean' },
          { name: 'created_at', type: 'bigint' },
          { name: 'acknowledged_at', type: 'bigint', isNullable: true },
          { name: 'in_flight', type: 'integer' },
          { name: 'reported_at', type: 'bigint', isNullable: true },
          { name: 'session_hub', type: 'text', isNullable: true },
          { name: 'session_since', type: 'bigint', isNullable: true },
          { name: 'session_address', type: 'text', isNullable: true },
          { name: 'session_state', type: 'text', isNullable: true },
          { name: 'sent', type: 'bigint' },
          { name: 'reach', type: 'bigint' },
          { name: 'heard', type: 'bigint' },
        ],
        uniques: [{ name: 'consumer_name', columnNames: ['name'] }],
      }),
    );
    await queryRunner.createTable(
      new Table({
        name: 'consumer_action',
        columns: [
          { name: 'number', type: 'bigint', isPrimary: true },
          { name: 'consumer', type: 'text' },
        ],
      }),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('consumer_action', true);
    await queryRunner.dropTable('consumer', true);
  }
}
