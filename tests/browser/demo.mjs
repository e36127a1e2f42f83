/*
 * The demo for tests: real machines and a cluster behind the real gateway, seen
 * through a wire that the test can cut.
 */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.MESON_BUILD_ROOT ?? path.join(root, 'build');

/* The gateway must answer to the name by which the wire is reached. */
export async function startDemo(wire) {
	const child = spawn(path.join(root, 'lab/demo'),
		['--check', '--program', path.join(build, 'src/glassbridge')], {
			stdio: ['ignore', 'pipe', 'inherit'],
			env: { ...process.env,
				GLASSBRIDGE_ALLOWED_ORIGINS: wire.origin },
		});
	let text = '';

	for await (const piece of child.stdout) {
		text += piece;
		if (text.includes('\n'))
			break;
	}
	const told = JSON.parse(text);
	const link = new URL(told.link);

	wire.target = Number(link.port);
	link.port = String(wire.port);
	return { child, told, link: link.href };
}

/* Takes what never started, too. */
export async function endDemo(demo) {
	if (!demo)
		return;
	const ended = new Promise((done) => demo.child.once('exit', done));

	demo.child.kill('SIGTERM');
	await ended;
}
