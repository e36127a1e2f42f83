/*
 * A panel's link: the example makes a URL from an API token, the browser opens
 * it at the gateway's /vnc.html, and the guest's screen is there (R17, C1).
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage, waitForState } from
	'./helpers.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.MESON_BUILD_ROOT ?? path.join(root, 'build');
const KEY = 'c0ffee'.repeat(10) + 'beef';
const TOKEN = 'ops@pve!gate';
const s = {};

/* A program, and the first line that it prints. */
async function start(file, args, env) {
	const child = spawn(file, args, { env: { ...process.env, ...env },
		stdio: ['ignore', 'pipe', 'inherit'] });
	let text = '';

	for await (const piece of child.stdout) {
		text += piece;
		if (text.includes('\n'))
			break;
	}
	return { child, line: text.split('\n')[0] };
}

before(async () => {
	s.folder = mkdtempSync(path.join(tmpdir(), 'glassbridge-payload-'));
	s.lab = await start(path.join(root, 'lab/proxmox/run'),
		['--mode', 'new', '--limit', 'refusal=0.3']);
	s.facts = JSON.parse(s.lab.line);
	s.api = s.facts.nodes.find((n) => n.name === 'pve1').api;
	const config = path.join(s.folder, 'config.toml');

	writeFileSync(config, `[gateway]
listen = ["127.0.0.1:0"]
ops_listen = ""
[profiles.home]
url = "${s.api}"
ca_file = "${s.facts.ca}"
[proxxy]
enabled = true
key = "${KEY}"
`, { mode: 0o600 });
	s.gateway = await start(path.join(build, 'src/glassbridge'),
		['serve', '--config', config], { RUNTIME_DIRECTORY: s.folder });
	s.origin = /http:\/\/127\.0\.0\.1:\d+/.exec(s.gateway.line)[0];
	s.script = path.join(s.folder, 'proxmox-payload.mjs');
	execFileSync(path.join(root, 'web/node_modules/.bin/esbuild'),
		[path.join(root, 'examples/proxmox-payload.ts'),
			`--outfile=${s.script}`, '--log-level=error']);
	s.browser = await launch();
});

after(async () => {
	await s.browser?.close();
	for (const { child } of [s.gateway, s.lab].filter(Boolean)) {
		const ended = new Promise((done) => child.once('exit', done));

		child.kill('SIGTERM');
		await ended;
	}
	rmSync(s.folder, { recursive: true, force: true });
});

function link(type, vmid) {
	return execFileSync(process.execPath, [s.script], { encoding: 'utf8',
		env: { ...process.env, NODE_EXTRA_CA_CERTS: s.facts.ca,
			PROXMOX_URL: s.api, PROXMOX_NODE: 'pve1',
			PROXMOX_TOKEN: `${TOKEN}=${s.facts.tokens[TOKEN]}`,
			PROXMOX_TYPE: type, PROXMOX_VMID: String(vmid),
			GLASSBRIDGE_URL: s.origin, SIGNATURE_KEY: KEY } }).trim();
}

test('the example\u2019s link shows the guest\u2019s screen', async () => {
	for (const [type, vmid] of [['qemu', 100], ['lxc', 200]]) {
		const page = await openPage(s.browser.context, link(type, vmid));

		await waitForState(page, 'connected', 60000);
		await page.waitForFunction(() => document.querySelector(
			'.console-shown .screen canvas:not(.screen-still)')?.width > 0);
		assert.deepEqual(page.faults, []);
		await page.close();
	}
});

test('a link that was used says so by not connecting', async () => {
	const url = link('qemu', 100);
	const first = await openPage(s.browser.context, url);

	await waitForState(first, 'connected', 60000);
	await first.close();
	const again = await openPage(s.browser.context, url);

	await again.locator('.console-shown[data-state="lost"], ' +
		'.console-shown[data-state="ended"]').waitFor();
});
