import js from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** House rules that are more than taste; each says why. */
const houseRules = {
  // A promise that nobody waits for hides its failure.
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': 'error',
  '@typescript-eslint/consistent-type-imports': 'error',
  // Numbers in texts are common and safe here; everything else must be made a text on purpose.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  // An adapter may answer at once where its port lets it wait.
  '@typescript-eslint/require-await': 'off',
  '@typescript-eslint/no-confusing-void-expression': 'off',
  // TypeORM types the options of an entity as a class, and takes a plain object.
  '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
  'no-console': 'error',
  complexity: ['error', { max: 13 }],
};

/** A file or function that outgrows this is two. */
const sizes = {
  'max-lines': ['error', { max: 250 }],
  'max-lines-per-function': ['error', { max: 50 }],
};

/** The environment is read once, at the start; everything else gets its configuration handed down. */
const environmentOnlyInMain = {
  'no-restricted-properties': [
    'error',
    {
      object: 'process',
      property: 'env',
      message: 'Read the environment in src/main.ts only, and hand it down.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'src/generated'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './src/console/tsconfig.json'] } },
    rules: houseRules,
  },
  { files: ['src/**/*.ts', 'src/**/*.tsx'], rules: { ...sizes, ...environmentOnlyInMain } },
  { files: ['src/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 400 }],
      // A scenario asks `?.` of everything that might not have come; that is not what makes it hard to read.
      complexity: 'off',
      // Rows of a table of cases are taken apart by describe.each.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  { files: ['bench/**/*.ts', 'examples/**/*.ts', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js', '**/*.mjs', '**/*.cjs'], languageOptions: { globals: globals.node } },
);
