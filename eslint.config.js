// Biome formats and lints; these four rules need types, and a lost promise in a reconciler is a silent stop.
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['src/generated/**', 'dist/**', 'node_modules/**', '*.config.js', 'bin/**'] },
  {
    files: ['**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/only-throw-error': 'error',
    },
  },
)
