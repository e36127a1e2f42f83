/*
 * The real gateway before a Proxmox-compatible cluster of the lab, for tests
 * of the page.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync,
	writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.MESON_BUILD_ROOT ?? path.join(root, 'build');

/* The first line that a program prints; it stays. */
async function firstLine(child) {
	let text = '';

	for await (const piece of child.stdout) {
		text += piece;
		if (text.includes('\n'))
			return text.split('\n')[0];
	}
	throw new Error(`it ended without a word: ${text}`);
}

function ended(child) {
	return child.exitCode !== null ? Promise.resolve() :
		new Promise((done) => child.once('exit', done));
}

export class Cluster {
	async start(...options) {
		this.child = spawn(path.join(root, 'lab/proxmox/run'),
			['--limit', 'refusal=0.3', '--limit', 'lag=1', ...options],
			{ stdio: ['ignore', 'pipe', 'inherit'] });
		this.facts = JSON.parse(await firstLine(this.child));
	}

	/* As lab/proxmox/control.mjs says. */
	control(method, where, body = {}) {
		return new Promise((done, fail) => {
			const request = http.request({ socketPath: this.facts.control,
				method, path: where }, (answer) => {
				let text = '';

				answer.on('data', (piece) => {
					text += piece;
				});
				answer.on('end', () => answer.statusCode < 400 ?
					done(JSON.parse(text)) : fail(new Error(text)));
			});

			request.on('error', fail);
			request.end(method === 'GET' ? '' : JSON.stringify(body));
		});
	}

	/* A profile of the configuration, by the password of this user. */
	profile(name, user) {
		const urls = this.facts.nodes.map((node) => node.api);

		return `[profiles.${name}]\nurls = ${JSON.stringify(urls)}\n` +
			`ca_file = "${this.facts.ca}"\nuser = "${user}"\n` +
			`password = ${JSON.stringify(this.facts.users[user])}\n`;
	}

	async stop() {
		this.child?.kill('SIGTERM');
		if (this.child)
			await ended(this.child);
	}
}

export class Gateway {
	/* config: everything after [gateway] */
	async start(config, { gateway = '' } = {}) {
		const run = mkdtempSync(path.join(tmpdir(), 'glassbridge-page.'));

		this.folder = run;
		this.log = path.join(run, 'log');
		writeFileSync(path.join(run, 'config.toml'),
			`[gateway]\nlisten = ["127.0.0.1:0"]\n${gateway}\n${config}`,
			{ mode: 0o600 });
		mkdirSync(path.join(run, 'run'), { mode: 0o700 });
		this.child = spawn(path.join(build, 'src/glassbridge'),
			['serve', '--config', path.join(run, 'config.toml')], {
				stdio: ['ignore', 'pipe', openSync(this.log, 'w')],
				env: { ...process.env, HOME: run,
					RUNTIME_DIRECTORY: path.join(run, 'run') },
			});
		const line = await firstLine(this.child);

		this.link = /https?:\/\/\S+/.exec(line)[0];
		this.base = new URL(this.link).origin;
	}

	said() {
		return readFileSync(this.log, 'utf8');
	}

	async stop() {
		this.child?.kill('SIGTERM');
		if (this.child)
			await ended(this.child);
		if (this.folder)
			rmSync(this.folder, { recursive: true, force: true });
	}
}
