/*
 * A Proxmox-compatible cluster of the lab with the real gateway before it,
 * for tests of the page.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from
	'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.MESON_BUILD_ROOT ?? path.join(root, 'build');

async function firstLine(child) {
	let text = '';

	for await (const piece of child.stdout) {
		text += piece;
		if (text.includes('\n'))
			return text.split('\n')[0];
	}
	throw new Error(`it did not start: ${text}`);
}

function ended(child) {
	if (child.exitCode !== null)
		return Promise.resolve();
	const end = new Promise((done) => child.once('exit', done));

	child.kill('SIGTERM');
	return end;
}

export class Cluster {
	async start(...options) {
		this.child = spawn(path.join(root, 'lab/proxmox/run'),
			['--limit', 'refusal=0.3', ...options],
			{ stdio: ['ignore', 'pipe', 'inherit'] });
		this.facts = JSON.parse(await firstLine(this.child));
		return this;
	}

	control(where, body) {
		return new Promise((done, fail) => {
			const request = http.request({
				socketPath: this.facts.control, path: where,
				method: body === undefined ? 'GET' : 'POST',
			}, (answer) => {
				let text = '';

				answer.on('data', (piece) => {
					text += piece;
				});
				answer.on('end', () => answer.statusCode === 200 ?
					done(JSON.parse(text)) : fail(new Error(text)));
			});

			request.on('error', fail);
			request.end(body === undefined ? undefined :
				JSON.stringify(body));
		});
	}

	/* A profile of the gateway's configuration. */
	profile(name, user, { ca = this.facts.ca } = {}) {
		const quote = JSON.stringify;

		return `[profiles.${name}]\nurls = ${quote(this.facts.nodes
			.map((n) => n.api))}\nca_file = ${quote(ca)}\n${
			user.includes('!') ? `token_id = "${user}"\ntoken_secret = ${
				quote(this.facts.tokens[user])}` : `user = "${user}"\n` +
				`password = ${quote(this.facts.users[user])}`}\n`;
	}

	close() {
		return this.child ? ended(this.child) : Promise.resolve();
	}
}

export class Gateway {
	#folder = mkdtempSync(path.join(tmpdir(), 'glassbridge-page-'));

	/* origins: by which names the browser reaches it beside its own */
	async start(profiles, origins = [], gateway = '') {
		const config = path.join(this.#folder, 'config.toml');
		const run = path.join(this.#folder, 'run');

		mkdirSync(run, { mode: 0o700 });
		writeFileSync(config, '[gateway]\nlisten = ["127.0.0.1:0"]\n' +
			`ops_listen = "127.0.0.1:0"\nallowed_origins = ${
				JSON.stringify(origins)}\n${gateway}\n${profiles}`,
		{ mode: 0o600 });
		this.child = spawn(path.join(build, 'src/glassbridge'),
			['serve', '--config', config], {
				stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env,
					HOME: this.#folder, RUNTIME_DIRECTORY: run },
			});
		this.said = '';
		this.child.stderr.on('data', (piece) => {
			this.said += piece;
		});
		/* "http://127.0.0.1:PORT/#t=CODE": a link that signs in */
		this.link = /https?:\S+/.exec(await firstLine(this.child))[0];
		this.port = Number(new URL(this.link).port);
		return this;
	}

	async close() {
		if (this.child)
			await ended(this.child);
		rmSync(this.#folder, { recursive: true, force: true });
	}
}

export function readText(file) {
	return readFileSync(file, 'utf8');
}
