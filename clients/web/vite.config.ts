/// <reference types="vitest/config" />
import { defineConfig } from 'vite';

// Where `npm run dev` finds a gateway to work against.
const gateway = process.env.GATEWAY_URL ?? 'http://127.0.0.1:8080';
const api = ['/enqueue', '/orders', '/dashboard', '/WeatherForecast', '/v1', '/api', '/ping'];
const own = ['/metrics', '/readyz', '/docs', '/openapi.json'];

const proxy = Object.fromEntries([...api, ...own].map((path) => [path, gateway]));

export default defineConfig({
  esbuild: { jsx: 'automatic' },
  build: {
    // All names hold a hash, so that clients may keep the files for ever.
    assetsDir: 'ui/assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { proxy },
  preview: { proxy },
  test: { environment: 'node', include: ['src/**/*.test.ts'] },
});
