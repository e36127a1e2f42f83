/*
 * noVNC's own page, as Debian has it, through `glassbridge proxy` in the place
 * of websockify: a desktop is on the screen. So it is in the page that is there
 * without a folder, which takes the same parameters.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync }
	from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './helpers.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const build = process.env.MESON_BUILD_ROOT ?? path.join(root, 'build');
const novnc = '/usr/share/novnc';
const s = { children: [] };

/* A program, until it has said what is looked for. */
async function start(file, args, stream, wanted) {
	const child = spawn(file, args,
		{ stdio: ['ignore', 'pipe', 'pipe'] });
	let text = '';

	s.children.push(child);
	return new Promise((done, fail) => {
		child.once('exit', () => fail(new Error(`it ended: ${text}`)));
		child[stream].on('data', (piece) => {
			const found = wanted.exec(text += piece);

			if (found)
				done(found);
		});
	});
}

before(async () => {
	assert.ok(existsSync(`${novnc}/vnc.html`),
		'noVNC is missing: scripts/setup installs it');
	s.folder = mkdtempSync(path.join(tmpdir(), 'glassbridge-proxy-'));
	s.desktop = JSON.parse((await start(path.join(root, 'lab/desktop'), [],
		'stdout', /^\{.*\}$/m))[0]);
	s.password = readFileSync(s.desktop.vnc_password_file,
		'utf8').trim();
	s.program = path.join(s.folder, 'novnc_proxy');
	symlinkSync(path.join(build, 'src/glassbridge'), s.program);
	s.url = (await start(s.program, ['--listen', '127.0.0.1:0', '--vnc',
		s.desktop.vnc, '--web', novnc],
	'stderr', /open (http:\S+)\s/))[1];
	s.own = (await start(s.program, ['--listen', '127.0.0.1:0', '--vnc',
		s.desktop.vnc], 'stderr', /open (http:\S+)\s/))[1];
	s.browser = await launch();
});

after(async () => {
	await s.browser?.close();
	for (const child of s.children.reverse()) {
		const ended = new Promise((done) => child.once('exit', done));

		child.kill('SIGTERM');
		await ended;
	}
	rmSync(s.folder, { recursive: true, force: true });
});

async function desktopIn(page) {
	await page.locator('canvas').first().waitFor();
	await page.waitForFunction(() => {
		const c = document.querySelector('canvas');

		return c.width > 300 && c.getContext('2d').getImageData(
			0, 0, c.width, c.height).data.some((v, i) =>
			i % 4 < 3 && v > 0);
	});
}

function colours(page) {
	return page.evaluate(() => {
		const canvas = document.querySelector('canvas');
		const { data } = canvas.getContext('2d').getImageData(0, 0,
			canvas.width, canvas.height);

		return new Set(new Uint32Array(data.buffer)).size;
	});
}

for (const file of ['vnc.html', 'vnc_lite.html'])
	test(`noVNC's ${file} shows a desktop through the proxy`, async () => {
		const url = new URL(s.url);

		assert.equal(url.pathname, '/vnc.html');
		url.pathname = `/${file}`;
		url.searchParams.set('password', s.password);
		const page = await openPage(s.browser.context, String(url));

		await desktopIn(page);
		assert.ok(await colours(page) > 1);
		assert.deepEqual(page.faults, []);
		await page.close();
	});

/* Behind '#' the password stays in the browser; behind '?' as noVNC has it. */
for (const [mark, name] of [['?', 'search'], ['#', 'hash']])
	test(`the page of our own takes a password behind ${mark}`, async () => {
		const url = new URL(s.own);

		assert.equal(url.pathname, '/vnc.html');
		url[name] = new URLSearchParams({ autoconnect: 'true',
			password: s.password });
		const page = await openPage(s.browser.context, String(url));

		await desktopIn(page);
		assert.ok(await colours(page) > 1);
		assert.deepEqual(page.faults, []);
		await page.close();
	});
