/*
 * Runs the browser tests: node tests/browser/run.mjs [NAME...]
 * Each *.test.mjs starts a mock of the gateway and a Chromium of its own.
 */
import { readdirSync } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const files = readdirSync(here).filter((f) => f.endsWith('.test.mjs') &&
	(wanted.length === 0 || wanted.some((w) => f.startsWith(w))))
	.sort().map((f) => here + f);

run({ files, concurrency: false, timeout: 180000 })
	.on('test:fail', () => {
		process.exitCode = 1;
	})
	.compose(new spec())
	.pipe(process.stdout);
