// One bundle for the extension host, and one for the timeline's page, which runs in another process.
import { context } from 'esbuild';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');
const shared = {
  bundle: true,
  minify: production,
  sourcemap: !production,
  outdir: 'dist',
  logLevel: 'warning',
};
const bundles = await Promise.all([
  context({
    ...shared,
    entryPoints: ['src/main.ts'],
    platform: 'node',
    target: 'node22',
    external: ['vscode'],
    outExtension: { '.js': '.cjs' },
  }),
  context({
    ...shared,
    entryPoints: { timeline: 'src/webview/timeline.ts' },
    platform: 'browser',
    target: 'es2024',
  }),
]);
for (const bundle of bundles) {
  await (watch ? bundle.watch() : bundle.rebuild());
  if (!watch) await bundle.dispose();
}
