import { Table } from 'typeorm';
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
