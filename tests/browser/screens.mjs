/*
 * Takes pictures of the page in its states: for looking at, and for docs/.
 *
 *   node tests/browser/screens.mjs [FOLDER] [--all] [--only=BEGINNING]
 *
 * Without --all only those that docs/ shows are taken, into docs/screens. The
 * guest's screen is a real Xvnc with desktop.tcl where those are installed.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { desk, launch, openGuest, openPage, phone, waitForState } from
	'./helpers.mjs';
import { Mock } from './mock.mjs';

const folder = process.argv.slice(2).find((a) => !a.startsWith('--')) ??
	fileURLToPath(new URL('../../docs/screens/', import.meta.url));
const all = process.argv.includes('--all');
const only = process.argv.find((a) => a.startsWith('--only='))?.slice(7) ?? '';

function freePort() {
	return new Promise((done) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port } = server.address();

			server.close(() => done(port));
		});
	});
}

/* Xvnc says its display number on a descriptor once it listens. */
async function desktop() {
	const port = await freePort();
	const xvnc = spawn('Xvnc', ['-displayfd', '3', '-rfbport', String(port),
		'-localhost', '-SecurityTypes', 'None', '-geometry', '1280x800',
		'-depth', '24', '-AlwaysShared'],
	{ stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
	const display = await new Promise((done) => {
		xvnc.on('error', () => done(null));
		xvnc.on('exit', () => done(null));
		xvnc.stdio[3].once('data', (d) => done(String(d).trim()));
	});

	if (display === null)
		return { screen: null, end() {} };
	const client = spawn('wish', [fileURLToPath(
		new URL('desktop.tcl', import.meta.url))], {
		env: { ...process.env, DISPLAY: `:${display}` }, stdio: 'ignore',
	});

	client.on('error', () => {});
	await new Promise((done) => setTimeout(done, 1500));
	return {
		screen: { host: '127.0.0.1', port },
		end() {
			client.kill();
			xvnc.kill();
		},
	};
}

async function wall(page) {
	await page.locator('.card:not(.skeleton), .empty').first().waitFor();
}

async function opened(page, ...names) {
	await wall(page);
	for (const name of names) {
		await page.getByRole('button', { name: 'Guests', exact: true })
			.click();
		await openGuest(page, name);
		await waitForState(page, 'connected');
	}
	await page.waitForTimeout(900);
}

async function panel(page, name) {
	await opened(page, 'kiosk');
	await page.getByRole('button', { name, exact: true }).click();
}

function spice(mock) {
	mock.guests[0].kinds.spice = { available: true };
	mock.guests[0].pve_url = 'https://pve1.lan:8006/?console=kvm&vmid=100';
	Object.assign(mock.spice, { width: 1280, height: 800, plays: true });
}

async function openSpice(page) {
	await page.locator('.card', { hasText: 'home/100' })
		.locator('[data-kind="spice"]').click();
}

async function spiceOpened(page) {
	await wall(page);
	await openSpice(page);
	await waitForState(page, 'connected');
	await page.waitForTimeout(900);
}

function cluster(mock) {
	mock.cluster();
	mock.jobMs = 60000;
}

/* The form for accounts of a cluster, and what follows. */
async function account(page, user = '', password = '') {
	await page.getByLabel('User name').waitFor();
	if (!user)
		return;
	await page.getByLabel('User name').fill(user);
	await page.getByLabel('Password', { exact: true }).fill(password);
	await page.keyboard.press('Enter');
}

function door(mock) {
	cluster(mock);
	mock.signedIn = false;
}

async function menu(page, name) {
	await wall(page);
	await page.getByRole('button', {
		name: `Power and snapshots of ${name}`, exact: true,
	}).click();
	return page.getByRole('group', { name: `Power and snapshots of ${name}` });
}

/* A terminal in which these were typed. */
async function shell(page, ...commands) {
	await waitForState(page, 'connected');
	for (const command of commands)
		await page.keyboard.type(`${command}\n`);
	await page.waitForTimeout(600);
}

/* name, mock options, what to do; `docs` are the ones that are kept */
const shots = [
	{ name: 'sign-in', docs: true, mock: (m) => {
		m.signedIn = false;
	}, act: (p) => p.getByLabel('Access token').waitFor() },
	{ name: 'sign-in-refused', mock: (m) => {
		m.signedIn = false;
	}, act: async (p) => {
		await p.getByLabel('Access token').fill('wrong');
		await p.keyboard.press('Enter');
		await p.getByRole('alert').waitFor();
	} },
	{ name: 'sign-in-account', docs: true, mock: door,
		act: (p) => account(p) },
	{ name: 'sign-in-wrong', mock: door, act: async (p) => {
		await account(p, 'anna', 'wrong');
		await p.getByRole('alert').waitFor();
	} },
	{ name: 'sign-in-factor', docs: true, mock: door, act: async (p) => {
		await account(p, 'tom', 'right');
		await p.getByLabel('Code of your app').waitFor();
	} },
	{ name: 'sign-in-no-cluster', mock: (m) => {
		door(m);
		m.realms = [];
	}, act: (p) => p.getByRole('button', { name: 'Ask now' }).waitFor() },
	{ name: 'wall-cluster', docs: true, mock: cluster, act: wall },
	{ name: 'wall-cluster-rows', mock: cluster, act: async (p) => {
		await wall(p);
		await p.getByRole('button', { name: 'Show as rows' }).click();
	} },
	{ name: 'wall-filters', docs: true, mock: cluster, act: async (p) => {
		await wall(p);
		await p.getByLabel('Pool', { exact: true }).selectOption('shop');
		await p.getByLabel('Tag', { exact: true }).selectOption('prod');
	} },
	{ name: 'wall-job', mock: cluster, act: async (p) => {
		await wall(p);
		await p.getByRole('button', { name: 'Start asleep' }).click();
		await p.getByText('Starting\u2026').waitFor();
	} },
	{ name: 'power', docs: true, mock: cluster,
		act: (p) => menu(p, 'web1') },
	{ name: 'power-confirm', docs: true, mock: cluster, act: async (p) => {
		await (await menu(p, 'web1'))
			.getByRole('button', { name: 'Stop' }).click();
		await p.getByRole('dialog').waitFor();
	} },
	{ name: 'snapshots', docs: true, mock: cluster, act: async (p) => {
		await (await menu(p, 'web1'))
			.getByRole('button', { name: 'Show snapshots' }).click();
		await p.getByText('Debian 12.9 to 12.10').waitFor();
	} },
	{ name: 'snapshot-confirm', mock: cluster, act: async (p) => {
		const panel = await menu(p, 'web1');

		await panel.getByRole('button', { name: 'Show snapshots' }).click();
		await panel.getByRole('button', { name: 'Go back to fresh' })
			.click();
		await p.getByRole('dialog').waitFor();
	} },
	{ name: 'moved', docs: true, mock: cluster, act: async (p, m) => {
		await opened(p, 'web1');
		m.guests.find((g) => g.name === 'web1').node = 'pve2';
		m.endAll(1011, 'backend_failed: pve1 closed the connection.');
		await p.getByText('web1 moved to pve2').waitFor();
		await waitForState(p, 'connected');
	} },
	{ name: 'starting', docs: true, mock: (m) => {
		m.startsMs = 30000;
	}, act: async (p) => {
		await wall(p);
		await openGuest(p, 'kiosk');
		await p.getByRole('heading', { name: 'The guest is starting' })
			.waitFor();
		await p.waitForTimeout(1700);
	} },
	{ name: 'empty', docs: true, guests: 0, act: wall },
	{ name: 'wall-1', guests: 1, act: wall },
	{ name: 'wall-12', docs: true, act: wall },
	{ name: 'wall-200', guests: 200, act: wall },
	{ name: 'wall-rows', docs: true, guests: 200, act: async (p) => {
		await wall(p);
		await p.getByRole('button', { name: 'Show as rows' }).click();
	} },
	{ name: 'wall-search', guests: 200, act: async (p) => {
		await wall(p);
		await p.keyboard.press('/');
		await p.keyboard.type('#prod web');
	} },
	{ name: 'wall-reason', act: async (p) => {
		await wall(p);
		await p.getByRole('button', { name: /^Terminal of db/ }).focus();
		await p.keyboard.press('Enter');
	} },
	{ name: 'wall-stale', act: async (p, m) => {
		await wall(p);
		m.cut();
		await p.evaluate(() => dispatchEvent(new Event('online')));
		await p.getByText('does not answer').waitFor();
	} },
	{ name: 'connecting', mock: (m) => {
		m.hold = true;
	}, act: async (p) => {
		await wall(p);
		await openGuest(p, 'kiosk');
		await waitForState(p, 'connecting');
		await p.waitForTimeout(4500);
	} },
	{ name: 'console', docs: true, act: (p) =>
		opened(p, 'web', 'kiosk') },
	{ name: 'console-keys', docs: true, act: (p) => panel(p, 'Keys') },
	{ name: 'console-clipboard', act: (p) => panel(p, 'Clipboard') },
	{ name: 'console-display', act: (p) => panel(p, 'Display') },
	{ name: 'console-about', act: (p) => panel(p, 'About this console') },
	{ name: 'terminal', docs: true, path: 'console/home%2F100?kind=serial',
		act: (p) => shell(p, 'seq 24', 'stty size') },
	{ name: 'terminal-find', path: 'console/home%2F100?kind=serial',
		act: async (p) => {
			await shell(p, 'seq 80');
			await p.keyboard.press('Control+Shift+F');
			await p.keyboard.type('line 7');
			await p.waitForTimeout(900);
		} },
	{ name: 'terminal-paste', path: 'console/home%2F100?kind=serial',
		act: async (p) => {
			await shell(p, 'seq 12');
			await p.evaluate((text) => {
				const clipboardData = new DataTransfer();

				clipboardData.setData('text/plain', text);
				document.querySelector('.xterm-helper-textarea')
					.dispatchEvent(new ClipboardEvent('paste', {
						clipboardData, bubbles: true, cancelable: true,
					}));
			}, 'set -e\napt-get update\napt-get install nginx\n' +
				'systemctl enable --now nginx\ncurl -fsS localhost\n');
			await p.getByRole('alertdialog').waitFor();
		} },
	{ name: 'terminal-keys', path: 'console/home%2F100?kind=serial',
		act: async (p) => {
			await shell(p, 'seq 12');
			await p.getByRole('button', { name: 'Keys', exact: true }).click();
		} },
	{ name: 'terminal-display', path: 'console/home%2F100?kind=serial',
		act: async (p) => {
			await shell(p, 'seq 12');
			await p.getByRole('button', { name: 'Display', exact: true })
				.click();
		} },
	{ name: 'terminal-lost', path: 'console/home%2F100?kind=serial',
		act: async (p, m) => {
			await shell(p, 'seq 12');
			m.cut();
			await waitForState(p, 'lost');
			await p.waitForTimeout(2500);
		} },
	{ name: 'lost', docs: true, act: async (p, m) => {
		await opened(p, 'kiosk');
		m.cut();
		await waitForState(p, 'lost');
		await p.waitForTimeout(2500);
	} },
	{ name: 'ended', act: async (p, m) => {
		await opened(p, 'kiosk');
		m.endAll(4403, 'killed: anna@pve ended this console.');
		await waitForState(p, 'ended');
	} },
	{ name: 'busy', docs: true, mock: (m) => {
		m.refuse = 'busy';
	}, act: async (p) => {
		await wall(p);
		await openGuest(p, 'kiosk');
		await waitForState(p, 'ended');
	} },
	{ name: 'untrusted', mock: (m) => {
		m.refuse = 'hypervisor_untrusted';
	}, act: async (p) => {
		await wall(p);
		await openGuest(p, 'kiosk');
		await waitForState(p, 'ended');
	} },
	{ name: 'sealed', mock: (m) => {
		m.deny = ['clipboard', 'files'];
		m.rights = ['view'];
	}, act: (p) => opened(p, 'kiosk') },
	{ name: 'missing', mock: (m) => {
		m.errors = [{ profile: 'boxes',
			detail: 'https://pve9.lan:8006 did not answer within 3 s' }];
	}, act: wall },
	{ name: 'sessions', mock: (m) => {
		m.over = [{ id: 'x', guest: 'lab/gitea', kind: 'vnc', user: 'anna',
			from: '192.0.2.9', state: 'ended', word: 'guest_closed',
			detail: 'The guest closed the connection.',
			since: Date.now() / 1000 - 460, bytes_in: 20480,
			bytes_out: 7340032 }];
	}, act: async (p) => {
		await opened(p, 'web', 'kiosk');
		await p.getByRole('button', { name: 'Consoles', exact: true }).click();
		await p.locator('.table tbody tr').nth(1).waitFor();
	} },
	{ name: 'alone', path: 'console/home%2F105', act: async (p) => {
		await waitForState(p, 'connected');
		await p.waitForTimeout(900);
	} },
	{ name: 'spice', docs: true, mock: spice, act: spiceOpened },
	{ name: 'spice-clipboard', mock: (m) => {
		spice(m);
		m.spice.hasAgent = false;
	}, act: async (p) => {
		await spiceOpened(p);
		await p.getByRole('button', { name: 'Clipboard', exact: true })
			.click();
	} },
	{ name: 'spice-display', mock: spice, act: async (p) => {
		await spiceOpened(p);
		await p.getByRole('button', { name: 'Display', exact: true })
			.click();
	} },
	{ name: 'spice-mouse', mock: (m) => {
		spice(m);
		m.spice.mouse = 1;
	}, act: async (p) => {
		await spiceOpened(p);
		await p.mouse.move(200, 300);
		await p.waitForTimeout(900);
	} },
	{ name: 'spice-view-only', mock: (m) => {
		spice(m);
		m.noInput = true;
	}, act: spiceOpened },
	{ name: 'spice-refused', mock: (m) => {
		spice(m);
		m.refuse = 'hypervisor_untrusted';
	}, act: async (p) => {
		await wall(p);
		await openSpice(p);
		await p.getByText('Open in Proxmox').waitFor();
	} },
	{ name: 'vnc-html', path: 'vnc.html', act: (p) =>
		p.getByRole('button', { name: 'Connect' }).waitFor() },
];

const variants = [
	{ name: 'desk-light', viewport: desk, scheme: 'light', docs: true },
	{ name: 'desk-dark', viewport: desk, scheme: 'dark',
		docs: ['wall-cluster', 'console', 'terminal', 'lost', 'power',
			'sign-in-account', 'snapshots', 'spice', 'starting'] },
	{ name: 'phone-light', viewport: phone, scheme: 'light', touch: true,
		docs: ['wall-cluster', 'console', 'terminal', 'power-confirm',
			'sign-in-factor', 'snapshots', 'spice', 'wall-filters'] },
	{ name: 'phone-dark', viewport: phone, scheme: 'dark', touch: true,
		docs: ['console-keys', 'power', 'wall-cluster'] },
];

function wanted(shot, variant) {
	const kept = shot.docs && (variant.docs === true ||
		variant.docs.includes(shot.name));

	return shot.name.startsWith(only) && (all || kept);
}

async function take(browser, screen, shot, variant) {
	const mock = new Mock({ guests: shot.guests ?? 12, screen });

	shot.mock?.(mock);
	await mock.listen();
	const page = await openPage(browser.context,
		mock.base + (shot.path ?? ''));

	try {
		await shot.act(page, mock);
		await page.waitForTimeout(500);
		await page.screenshot({
			path: path.join(folder, `${shot.name}-${variant.name}.jpg`),
			type: 'jpeg', quality: 60,
		});
	} finally {
		await page.close();
		await mock.close();
	}
}

mkdirSync(folder, { recursive: true });
const { screen, end } = await desktop();

try {
	for (const variant of variants) {
		const browser = await launch(variant);

		for (const shot of shots.filter((x) => wanted(x, variant)))
			await take(browser, screen, shot, variant);
		await browser.close();
	}
} finally {
	end();
}
