import { Table, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { REJECTION_INDEXES } from './entities.js';

/** Makes the table of rejected changes. */
export class CreateRejection1800000000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.createTable(
      new Table({
        name: 'rejection',
        columns: [
          { name: 'consumer', type: 'bigint', isPrimary: true },
          { name: 'position', type: 'bigint', isPrimary: true },
          ...['collection', 'key', 'scope', 'state', 'reason'].map((name) => ({ name, type: 'text' })),
          { name: 'attempts', type: 'integer' },
          { name: 'next_attempt', type: 'integer' },
          { name: 'ticket', type: 'bigint' },
          { name: 'seeks', type: 'bigint' },
          { name: 'next_attempt_at', type: 'bigint', isNullable: true },
          { name: 'out_epoch', type: 'bigint', isNullable: true },
          { name: 'out_claim', type: 'bigint', isNullable: true },
          { name: 'unheard', type: 'boolean' },
          { name: 'at', type: 'bigint' },
        ],
      }),
    );
    for (const { name, columns, where } of REJECTION_INDEXES) {
      await queryRunner.createIndex('rejection', new TableIndex({ name, columnNames: columns, where }));
    }
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('rejection', true);
  }
}
