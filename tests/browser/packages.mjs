/* The packages of the tests live with the page's own, in one lock file. */
import { createRequire } from 'node:module';

export const needed = createRequire(
	new URL('../../web/package.json', import.meta.url));
